// Encrypts a report in the browser to the certificates that the page shows. What is typed here lies outside of every form and
// is never sent: only what was encrypted is put into the form, and the person sends it. When encrypting fails, nothing is sent.
"use strict";

// Longer than this and it is given up; whoever waits should know that another way is faster.
const PATIENCE = 30000;
// Bytes that fit into the form once they are encrypted and written as text.
const ROOM = 2100000;
// A longer message goes into the form as a file.
const SHOWN = 200000;

class Told extends Error {}

const bare = (fingerprint) => fingerprint.replace(/[^0-9a-fA-F]/g, "").toUpperCase();

// One mail inside: every program that opens OpenPGP messages shows or unpacks it.
function base64(bytes) {
  let letters = "";
  for (let at = 0; at < bytes.length; at += 0x8000) letters += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(letters).replace(/.{76}/g, "$&\r\n");
}
function letter(text, files) {
  const body = text.replace(/\r?\n/g, "\r\n");
  const plain = ["Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: 8bit", "", body];
  if (!files.length) return plain.join("\r\n");
  const edge = [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  const parts = [plain, ...files.map(({ name, bytes }) => [
    "Content-Type: application/octet-stream",
    "Content-Transfer-Encoding: base64",
    `Content-Disposition: attachment; filename*=UTF-8''${encodeURIComponent(name).replace(/['()*!]/g, (sign) => `%${sign.charCodeAt(0).toString(16)}`)}`,
    "",
    base64(bytes),
  ])];
  const head = ["MIME-Version: 1.0", `Content-Type: multipart/mixed; boundary="${edge}"`, ""];
  return [...head, ...parts.flatMap((part) => [`--${edge}`, ...part]), `--${edge}--`, ""].join("\r\n");
}

// Every certificate of the page, each among the fingerprints that it shows; all of them or none.
async function recipients(section) {
  const shown = [...document.querySelectorAll("[data-fingerprint]")].map((node) => bare(node.textContent));
  const blocks = document.getElementById("certificates").textContent.match(/-----BEGIN PGP PUBLIC KEY BLOCK-----[^]*?-----END PGP PUBLIC KEY BLOCK-----/g) ?? [];
  const found = (await Promise.all(blocks.map((armoredKeys) => openpgp.readKeys({ armoredKeys })))).flat();
  if (!found.length || found.length !== shown.length) throw new Told("The certificates on this page cannot all be read by this browser.");
  for (const key of found) {
    if (!shown.includes(key.getFingerprint().toUpperCase())) throw new Told("A certificate on this page is none of those whose fingerprints it shows.");
  }
  section.dataset.keys = String(found.length);
  return found;
}

const late = () => new Promise((_, no) => {
  setTimeout(() => no(new Told("It took longer than 30 seconds in this browser.")), PATIENCE);
});

for (const section of document.querySelectorAll("[data-seal]")) {
  const text = section.querySelector("textarea");
  const files = section.querySelector("input[type=file]");
  const button = section.querySelector("button");
  const says = section.querySelector("[data-seal-says]");
  const message = document.getElementById("message");
  const file = document.getElementById("file");
  let open = false;
  const tell = (words, wrong) => {
    says.textContent = words;
    says.className = wrong ? "field-problem" : "";
  };
  section.hidden = false;
  if (!window.openpgp || !window.isSecureContext || !window.crypto?.subtle) {
    for (const part of [text, files, button]) part.disabled = true;
    tell("This browser cannot encrypt on this page. Choose one of the three ways above; nothing is sent in the clear instead.", true);
    continue;
  }
  section.addEventListener("input", () => { open = Boolean(text.value || files.files.length); });
  window.addEventListener("beforeunload", (event) => { if (open) event.preventDefault(); });
  button.addEventListener("click", async () => {
    button.disabled = true;
    tell("Encrypting. Nothing is sent yet.", false);
    try {
      if (!text.value.trim() && !files.files.length) throw new Told("Write the report, or choose a file, first.");
      const attached = [];
      for (const one of files.files) attached.push({ name: one.name, bytes: new Uint8Array(await one.arrayBuffer()) });
      const whole = new TextEncoder().encode(letter(text.value, attached));
      if (whole.length > ROOM) throw new Told("It is larger than 2 MB, more than can be encrypted here. Use `candor report --sealed`.");
      const work = (async () => openpgp.encrypt({
        message: await openpgp.createMessage({ binary: whole }),
        encryptionKeys: await recipients(section),
        config: { showComment: false, showVersion: false },
      }))();
      const sealed = await Promise.race([work, late()]);
      if (!sealed.startsWith("-----BEGIN PGP MESSAGE-----")) throw new Told("What came out is no encrypted message.");
      if (sealed.length > SHOWN) {
        const carried = new DataTransfer();
        carried.items.add(new File([sealed], "sealed-report.asc", { type: "application/pgp-encrypted" }));
        file.files = carried.files;
        file.dispatchEvent(new Event("change"));
        message.value = "";
      } else {
        message.value = sealed;
        file.value = "";
        file.dispatchEvent(new Event("change"));
      }
      open = false;
      tell(`Encrypted to ${section.dataset.keys} ${section.dataset.keys === "1" ? "certificate" : "certificates"}. Nothing was sent yet: the encrypted message stands below. Hand it in there.`, false);
      document.getElementById("hand-in").scrollIntoView({ block: "nearest" });
    } catch (why) {
      const words = why instanceof Told ? why.message : "This browser could not encrypt it to all certificates.";
      tell(`${words} Nothing was sent, and what you wrote is still here. The three ways above do not need this browser.`, true);
    }
    button.disabled = false;
  });
}
