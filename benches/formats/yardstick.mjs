// Judges the CSAF 2.0 documents of a file, one to a line, with the validator of npm: schema and mandatory tests.
// Arguments: the folder with node_modules, the file, and how many seconds to go on. Prints documents and seconds.
import { readFileSync } from 'node:fs'
import { pathToFileURL } from 'node:url'

const [folder, file, seconds] = process.argv.slice(2)
const library = `${pathToFileURL(folder)}/node_modules/@secvisogram/csaf-validator-lib`
const { default: validate } = await import(`${library}/validate.js`)
const tests = Object.values(await import(`${library}/basic.js`))
const texts = readFileSync(file, 'utf8').trim().split('\n')
const judge = async (text) => {
  const { isValid } = await validate(tests, JSON.parse(text))
  if (!isValid) throw new Error('a document of the bench was found invalid')
}
for (const text of texts) await judge(text)
const start = process.cpuUsage()
let count = 0
const spent = () => { const { user, system } = process.cpuUsage(start); return (user + system) / 1e6 }
while (spent() < Number(seconds)) for (const text of texts) { await judge(text); count++ }
console.log(count, spent())
