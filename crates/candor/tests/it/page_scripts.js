// Runs a script of a page outside of any browser, with just enough of a page around it, and says what came of it as JSON.
// Asked with a JSON text: the scripts in order, what the page holds, and what is broken.
const vm = require("vm");
const asked = JSON.parse(require("fs").readFileSync(0, "utf8"));
const node = (more) => ({
  handlers: {}, dataset: {}, textContent: "", value: "", disabled: false, hidden: false, className: "",
  addEventListener(name, act) { this.handlers[name] = act; },
  dispatchEvent() {}, scrollIntoView() {}, ...more,
});
const text = node({ value: asked.text });
const files = node({ files: (asked.files ?? []).map(({ name, body }) => ({ name, arrayBuffer: async () => new TextEncoder().encode(body).buffer })) });
const [button, says, message, file, hand] = [node(), node(), node(), node(), node()];
const section = node({ hidden: true, querySelector: (what) => ({ textarea: text, "input[type=file]": files, button, "[data-seal-says]": says })[what] });
const field = node({ dataset: { work: asked.work } });
const document = {
  querySelectorAll: (what) => ({
    "[data-seal]": asked.certificates ? [section] : [],
    "[data-fingerprint]": (asked.fingerprints ?? []).map((one) => ({ textContent: one })),
    "[data-work]": asked.work ? [field] : [],
  })[what] ?? [],
  querySelector: () => says,
  getElementById: (id) => ({ certificates: { textContent: asked.certificates }, message, file, "hand-in": hand })[id],
};
const window = { isSecureContext: asked.broken !== "insecure", crypto: asked.broken === "no crypto" ? undefined : globalThis.crypto, addEventListener() {} };
// The clock of a page that waits in vain: what is to happen in thirty seconds happens at once.
const timer = (act, after) => setTimeout(act, asked.broken === "slow" && after >= 30000 ? 0 : after);
class DataTransfer {
  constructor() { this.list = []; this.items = { add: (one) => this.list.push(one) }; }
  get files() { return this.list; }
}
class File { constructor(parts, name) { this.text = parts.join(""); this.name = name; } }
const around = { document, window, performance, setTimeout: timer, TextEncoder, TextDecoder, Uint8Array, crypto: globalThis.crypto, btoa, atob, navigator: {}, URL, Event: class {}, File, DataTransfer, ReadableStream, WritableStream, TransformStream };
const context = vm.createContext(around);
for (const script of asked.scripts) {
  // A script that throws leaves the page as it is, as in a browser.
  try { vm.runInContext(script, context); } catch (why) { if (asked.broken !== "no crypto") throw why; }
  if (vm.runInContext("typeof openpgp", context) !== "undefined") window.openpgp = asked.broken === "no script" ? undefined : vm.runInContext("openpgp", context);
}
if (["fails", "slow"].includes(asked.broken)) {
  vm.runInContext("var openpgp = { ...openpgp, encrypt: " + (asked.broken === "fails" ? "() => Promise.reject(new RangeError('out of memory'))" : "() => new Promise(() => {})") + " };", context);
}
const done = () => {
  process.stdout.write(JSON.stringify({
    says: says.textContent, message: message.value, file: (file.files ?? [])[0]?.text ?? "", text: text.value,
    off: button.disabled && text.disabled, work: field.value,
  }), () => process.exit(0));
};
(async () => {
  if (asked.work) {
    const look = setInterval(() => { if (field.value) { clearInterval(look); done(); } }, 5);
    return;
  }
  if (button.handlers.click) await button.handlers.click();
  done();
})();
