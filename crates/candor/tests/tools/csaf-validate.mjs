// Judges CSAF 2.0 documents with the validator library of the German BSI: schema and mandatory tests.
//
//     CANDOR_NODE_MODULES=/path/to/node_modules node csaf-validate.mjs FILE...
//
// Needs the npm package @secvisogram/csaf-validator-lib in that folder. Exit status: 0 all valid, 1 a document is
// not, 2 wrong usage or the package is missing. Each failing test is listed with its place in the document.
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const files = process.argv.slice(2)
const modules = process.env.CANDOR_NODE_MODULES
if (files.length === 0 || !modules) {
  console.error('usage: CANDOR_NODE_MODULES=FOLDER node csaf-validate.mjs FILE...')
  process.exit(2)
}

const load = (name) => import(pathToFileURL(join(modules, '@secvisogram/csaf-validator-lib', name)).href)
let basic, validate
try {
  basic = Object.values(await load('basic.js'))
  validate = (await load('validate.js')).default
} catch (cause) {
  console.error(`csaf-validator-lib cannot be loaded from CANDOR_NODE_MODULES: ${cause.message}`)
  process.exit(2)
}

let failed = false
for (const file of files) {
  const result = await validate(basic, JSON.parse(await readFile(file, 'utf8')))
  const failures = result.tests.filter((test) => !test.isValid)
  if (result.isValid && failures.length === 0) {
    console.log(`${file}: valid (${result.tests.length} tests)`)
    continue
  }
  failed = true
  for (const test of failures) {
    for (const error of test.errors) console.log(`${file}: ${test.name} at ${error.instancePath || '/'}: ${error.message}`)
  }
}
process.exit(failed ? 1 : 0)
