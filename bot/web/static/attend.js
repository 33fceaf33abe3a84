// Keeps open pages up to date. Everything works without it.
const page = document.body;
if (page.dataset.markUrl) {
  setInterval(async () => {
    const mark = await (await fetch(page.dataset.markUrl)).text();
    const writing = document.activeElement && ["TEXTAREA", "INPUT", "SELECT"].includes(document.activeElement.tagName);
    if (mark !== page.dataset.mark && !writing) location.reload();
  }, 3000);
}
const thread = document.getElementById("thread");
if (thread) {
  const bottom = () => { thread.scrollTop = thread.scrollHeight; };
  bottom();
  setInterval(async () => {
    const fresh = await (await fetch(thread.dataset.url)).text();
    if (fresh.trim() !== (thread.dataset.shown || thread.innerHTML).trim()) {
      if (thread.dataset.shown !== undefined) { thread.innerHTML = fresh; bottom(); }
      thread.dataset.shown = fresh;
    }
  }, 2000);
  document.getElementById("body").addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.shiftKey) { event.preventDefault(); event.target.form.requestSubmit(); }
  });
}
