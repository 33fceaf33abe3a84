// Trains nlp.js on documents and reads sentences with it: JSON on standard input, JSON on standard output.
const { NlpManager } = require("node-nlp");

async function main() {
  const { language, documents, sentences } = JSON.parse(require("fs").readFileSync(0, "utf8"));
  const manager = new NlpManager({ languages: [language], nlu: { log: false }, autoSave: false, forceNER: false });
  for (const [text, intent] of documents) manager.addDocument(language, text, intent);
  let began = process.hrtime.bigint();
  await manager.train();
  const training = Number(process.hrtime.bigint() - began) / 1e9;
  const found = [];
  began = process.hrtime.bigint();
  for (const text of sentences) {
    const { intent, score } = await manager.process(language, text);
    found.push([intent, score]);
  }
  const each = Number(process.hrtime.bigint() - began) / 1e6 / sentences.length;
  process.stdout.write(JSON.stringify({ training, each, found }));
}

main();
