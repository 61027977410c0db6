// A real OpenID provider on loopback. Arguments: the module, the port, the address for answers.
import { pathToFileURL } from "node:url";

// Whoever started this reads one line and no more.
for (const way of ["log", "info", "warn", "error"]) console[way] = () => {};
const [, , module, port, answers] = process.argv;
const { Provider } = await import(pathToFileURL(module));
const issuer = `http://localhost:${port}`;
const provider = new Provider(issuer, {
  clients: [{ client_id: "desk", client_secret: "a secret of the desk: % & +", redirect_uris: [answers] }],
  cookies: { keys: ["a key for cookies of the test"] },
});
provider.listen(Number(port), "localhost", () => process.stdout.write("ready\n"));
