// Talks to an org as jsforce does: list, read, retrieve, deploy, query. Prints one JSON object; fails with the client's own error.
import { createRequire } from 'node:module';

const require = createRequire(`${process.env.WITNESS_FOLDER}/witness.cjs`);
const jsforce = require('jsforce');
const connection = new jsforce.Connection({
  instanceUrl: process.env.WITNESS_URL,
  accessToken: process.env.WITNESS_TOKEN,
  version: '64.0',
});
connection.metadata.pollInterval = 100;
connection.metadata.pollTimeout = 20_000;

const list = await connection.metadata.list([{ type: 'Profile' }], '64.0');
const app = await connection.metadata.read('ConnectedApp', 'Ampersand');
const retrieved = await connection.metadata
  .retrieve({ apiVersion: '64.0', unpackaged: { version: '64.0', types: [{ name: 'ConnectedApp', members: ['Ampersand'] }] } })
  .complete();
const zip = process.env.WITNESS_ZIP;
const deployed = await connection.metadata.deploy(zip, { rollbackOnError: true, singlePackage: true }).complete({ details: true });
const found = await connection.query("SELECT Id, Name FROM PermissionSet WHERE Name = 'Witness'");
console.log(
  JSON.stringify({
    profiles: list.map((entry) => entry.fullName),
    label: app.label,
    zip: retrieved.zipFile.length,
    files: [].concat(retrieved.fileProperties).map((file) => file.fullName),
    deployed: deployed.success,
    components: Number(deployed.numberComponentsDeployed),
    found: found.records.map((row) => row.Name),
  }),
);
