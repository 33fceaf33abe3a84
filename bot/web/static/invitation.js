// An invitation's code stands behind the # of its link, which browsers keep to themselves: here it moves into the form.
const field = document.getElementById("code");
if (location.hash.length > 1) {
  field.value = location.hash.slice(1);
  history.replaceState(null, "", location.pathname);
}
