// Makes src/metadata/registry/wsdl/types.txt: the Metadata API's types, field by field.
//
//     node tests/wsdl/generate.mjs --wsdl metadata.wsdl [--check]
//
// It reads, and fetches with npm where it is not told a folder by `--packages`:
//   npm @salesforce/types, metadata.d.ts of six versions: Salesforce's own Metadata WSDLs as types.
//     The newest is what counts; the older ones say what other orgs and versions had besides, for
//     a WSDL holds only what the org that it is of may use.
//   the Metadata WSDL of API version 63.0, which no npm package holds: the file of
//     github mcarvin8/sf-decomposer at ebd683d, scripts/audit/metadata.wsdl, named by `--wsdl`.
//   npm @salesforce/source-deploy-retrieve, metadataRegistry.json: folders and suffixes.
//   keys.txt beside this script: the keys of lists, which no WSDL states.
// Every input is known by its SHA-256. With `--check` nothing is written: it fails where the file
// is not what the inputs make. Without network the header of the file, which holds a checksum of
// the rest, is checked by tests/it/wsdl.rs. `--notes` names where the sources do not agree.
//
// Both packages are under the Apache License 2.0 (that of @salesforce/types says BSD-3-Clause in
// its package.json and holds the Apache License); names and shapes are taken from them, no text.

import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const here = dirname(fileURLToPath(import.meta.url));
const target = join(here, '../../src/metadata/registry/wsdl/types.txt');

/** The packages with the SHA-256 of the file that is read; the newest types first. */
const TYPES = [
  ['1.9.0', 'ccc33b0474b94add42863defd29347c0b0c2bcb2c0fd1b98ebc46b7494871986'],
  ['1.8.0', '530438d1d48b52656a3afd8b7144af26b4cdb32b7faf3008fa4a26d8154beb3d'],
  ['1.7.3', 'c246e859cb1297edda6ff9e4dbb8331c61a755de84850acede8a33bd2124e8e1'],
  ['1.7.1', 'e35a89ed8b6a958aa9c5fe0f74659403dbd7e6ee9c67224af2f92c3fc09eeaf6'],
  ['1.6.0', 'a160e3a9294e737fe696244ecb7f7663e2cf3f3047882dd5c188c6b4a65dc777'],
  ['1.5.0', 'd18a95f27a8861b2a23d7064b26f45c9c985ff48922ea4f83c172a235a0e72c5'],
];
const REGISTRY = ['13.7.0', 'd580b8d5244bc186f6c081cdff9f7f77a67994fd5d21d442966557f4bc749dab'];
const WSDL = ['63.0', '7cab633d834c01fb4d0c05ff70a84f3ac9dc09c18b57d26f37079b86cb8020f4'];

const sha256 = (text) => createHash('sha256').update(text).digest('hex');

function fail(message) {
  console.error(`error: ${message}`);
  process.exit(1);
}

function pinned(path, hash) {
  const text = readFileSync(path, 'utf8');
  if (sha256(text) !== hash) fail(`${path} is not the file that is meant: ${sha256(text)}`);
  return text;
}

/** The folder of an unpacked npm package. */
function packed(folder, name, version) {
  const into = join(folder, `${name.replace('/', '+')}-${version}`);
  if (!existsSync(into)) {
    mkdirSync(into, { recursive: true });
    const file = execFileSync('npm', ['pack', '--silent', `${name}@${version}`], { cwd: into });
    execFileSync('tar', ['-xzf', file.toString().trim()], { cwd: into });
  }
  return join(into, 'package');
}

// ---- Reading the sources: a type is { base, fields: Map(name -> { type, optional, many }) } ----

/** Reads a file of TypeScript types as the package has them: one field a line. */
function readTypes(text) {
  const types = new Map();
  const aliases = new Map();
  let current = null;
  for (const line of text.split('\n')) {
    let m;
    if ((m = line.match(/^export type (\w+) = (?:(\w+) & )?\{(\};)?$/))) {
      current = { base: m[2], fields: new Map() };
      types.set(m[1], current);
      if (m[3]) current = null;
    } else if (line === '};') {
      current = null;
    } else if (current) {
      m = line.match(/^ {4}(\w+)(\?)?: (\w+)(\[\])?;$/);
      if (!m) fail(`a field that is not understood: ${line}`);
      current.fields.set(m[1], { type: m[3], optional: !!m[2], many: !!m[4] });
    } else if ((m = line.match(/^export type (\w+) = (.*);$/))) {
      aliases.set(m[1], m[2]);
    } else if (line.trim() && !line.startsWith('//')) {
      fail(`a line that is not understood: ${line}`);
    }
  }
  types.delete('ApiSchemaTypes');
  const scalars = { boolean: 'bool', number: 'number', string: 'text', Date: 'date', any: 'any' };
  return normalised(types, aliases, (name) => scalars[name]);
}

/** Reads a WSDL. */
function readWsdl(text) {
  const types = new Map();
  const aliases = new Map();
  const blocks = (tag) =>
    text.matchAll(new RegExp(`<xsd:${tag} name="(\\w+)">(.*?)</xsd:${tag}>`, 'gs'));
  for (const [, name, body] of blocks('complexType')) {
    const fields = new Map();
    for (const [, attributes] of body.matchAll(/<xsd:element ([^>]*)\/>/g)) {
      const pairs = [...attributes.matchAll(/(\w+)="([^"]*)"/g)].map((pair) => pair.slice(1));
      const of = Object.fromEntries(pairs);
      fields.set(of.name, {
        type: of.type.replace('tns:', ''),
        optional: of.minOccurs === '0' || of.nillable === 'true',
        many: of.maxOccurs === 'unbounded',
      });
    }
    types.set(name, { base: body.match(/extension base="tns:(\w+)"/)?.[1], fields });
  }
  for (const [, name] of blocks('simpleType')) aliases.set(name, 'enum');
  const scalars = {
    'xsd:boolean': 'bool',
    'xsd:int': 'int',
    'xsd:long': 'int',
    'xsd:double': 'number',
    'xsd:string': 'text',
    'xsd:base64Binary': 'text',
    'xsd:date': 'date',
    'xsd:dateTime': 'date',
    'xsd:time': 'date',
    'xsd:anyType': 'any',
  };
  return normalised(types, aliases, (name) => scalars[name]);
}

/** Gives each field one of our kinds, or the name of its complex type. */
function normalised(types, aliases, scalar) {
  // A type that adds nothing to another (`EmailFolder = Folder`).
  for (const [name, to] of aliases) {
    if (types.has(to)) types.set(name, { base: to, fields: new Map() });
  }
  for (const [name, type] of types) {
    for (const [field, shape] of type.fields) {
      const kind = scalar(shape.type) ?? (types.has(shape.type) ? shape.type : undefined);
      if (!kind && !aliases.has(shape.type)) fail(`${name}.${field}: no type ${shape.type}`);
      shape.kind = kind ?? (aliases.get(shape.type) === 'unknown' ? 'any' : 'enum');
    }
  }
  return types;
}

// ---- Bringing them together ----

/** Types that were seen in the WSDLs of Salesforce's own test orgs and mean nothing elsewhere. */
const isOfATestOrg = (name) => /^F[Tt]est|FTestMd1$/.test(name);

/** Where a file holds something else than the WSDL says: XML that the API takes as bytes. */
const OTHERWISE = new Map([['LightningComponentBundle.targetConfigs', 'any']]);

/** Where the sources do not agree. */
const notes = [];

/** Unites types, the newest first: its shape counts, the others add fields at their place. */
function united(sources) {
  const all = new Map();
  for (const [source, types] of sources) {
    for (const [name, type] of types) {
      if (isOfATestOrg(name)) continue;
      const into = all.get(name) ?? { base: undefined, fields: [], seen: new Set() };
      all.set(name, into);
      into.seen.add(source);
      into.base ??= type.base;
      if (type.base && type.base !== into.base) {
        notes.push(`${name}: extends ${into.base}, ${type.base} in ${source}`);
      }
      let after = -1;
      for (const [field, shape] of type.fields) {
        const at = into.fields.findIndex((known) => known.name === field);
        if (at >= 0) {
          after = at;
          agree(`${name}.${field}`, source, into.fields[at], shape);
          into.fields[at].seen.add(source);
        } else if (!(name === 'Metadata' && field !== 'fullName')) {
          after += 1;
          const kind = OTHERWISE.get(`${name}.${field}`) ?? shape.kind;
          into.fields.splice(after, 0, { name: field, ...shape, kind, seen: new Set([source]) });
        }
      }
    }
  }
  return all;
}

/** An older source fills in what the newest leaves open, and is told where it says otherwise. */
function agree(where, source, known, shape) {
  if (known.kind === 'number' && shape.kind === 'int') known.kind = 'int';
  if (known.kind === 'any' && !OTHERWISE.has(where)) known.kind = shape.kind;
  const same = [known.kind, known.kind === 'int' ? 'number' : 'any'].includes(shape.kind);
  if (!same || known.many !== shape.many) {
    const written = (of) => of.kind + (of.many ? '*' : '');
    notes.push(`${where}: ${written(known)}, ${written(shape)} in ${source}`);
  }
}

/** Folders, suffixes and parts, by type. */
function readPlaces(registry) {
  const places = new Map();
  for (const type of Object.values(registry.types)) {
    places.set(type.name, place(type));
    for (const part of Object.values(type.children?.types ?? {})) {
      const tokens = [`part=${type.name}/${part.directoryName}`];
      if (part.suffix) tokens.push(`suffix=${part.suffix}`);
      places.set(part.name, { tokens });
    }
  }
  return places;
}

/** How the files of a type stand in a folder. */
function place(type) {
  const tokens = [`folder=${type.directoryName}`];
  const adapter = type.strategies?.adapter ?? 'default';
  const isFolder = !!type.folderContentType;
  // Parts of a territory model stand below its folder; a document's file has any suffix.
  const isElsewhere = (type.folderType && !type.inFolder) || type.name === 'Document';
  const one = ['default', 'matchingContentFile', 'mixedContent', 'decomposed'].includes(adapter);
  if (type.suffix && one && !isFolder && !isElsewhere) tokens.push(`suffix=${type.suffix}`);
  else tokens.push(isFolder ? 'folders' : 'bundle');
  if (adapter === 'matchingContentFile' || adapter === 'mixedContent') tokens.push('content');
  if (type.inFolder) tokens.push('nested');
  if (adapter === 'decomposed') tokens.push('decomposed');
  return { tokens, isInSettings: type.suffix === 'settings' };
}

function readKeys(text) {
  const keys = new Map();
  for (const line of text.split('\n')) {
    const words = line.replace(/#.*/, '').trim().split(/\s+/).filter(Boolean);
    if (!words.length) continue;
    const [of, key, order] = words;
    if (keys.has(of) || words.length > 3 || (order && order !== 'ordered')) {
      fail(`keys.txt: ${line}`);
    }
    if (!/#\s*\S/.test(line)) fail(`keys.txt: no source: ${line}`);
    keys.set(of, { key: key === '-' ? [] : key.split('|'), ordered: !!order, used: false });
  }
  return keys;
}

class Types {
  constructor(all, keys) {
    this.all = all;
    this.keys = keys;
  }

  /** The type and those that it extends, itself first. */
  line(name) {
    const line = [];
    for (let at = name; at && this.all.has(at); at = this.all.get(at).base) line.push(at);
    return line;
  }

  isMetadata(name) {
    return name !== 'Metadata' && this.line(name).includes('Metadata');
  }

  /** All fields, those of the base first, as a document has them. */
  fields(name) {
    return this.line(name).reverse().flatMap((at) => this.all.get(at).fields);
  }

  key(parent, field) {
    const names = [`${parent}.${field.name}`, ...this.line(field.kind)];
    const own = names.find((name) => this.keys.has(name));
    const entry = this.fields(field.kind);
    const scalar = (name) =>
      entry.find((one) => one.name === name && !one.many && !this.all.has(one.kind));
    if (own) {
      const found = this.keys.get(own);
      found.used = true;
      const bad = found.key.find((part) => !scalar(part));
      if (bad) fail(`keys.txt: ${own}: ${field.kind} has no child ${bad}`);
      return found;
    }
    const rule = ['fullName', 'developerName', 'name'].find((name) => {
      const child = scalar(name);
      return child && !child.optional && child.kind === 'text';
    });
    return { key: rule ? [rule] : [], ordered: false };
  }
}

/** What is written: the types that may be named, and all that is in them. */
function chosen(types, places, newest, settled) {
  const named = new Set(
    [...types.all.keys()]
      .filter((name) => types.isMetadata(name))
      // What stood in an older WSDL alone and is in no list of types is of Salesforce's own orgs.
      .filter((name) => newest.has(name) || settled.has(name) || places.has(name)),
  );
  const kept = new Set();
  const keep = (name) => {
    if (!types.all.has(name) || kept.has(name)) return;
    kept.add(name);
    keep(types.all.get(name).base);
    types.all.get(name).fields.forEach((field) => keep(field.kind));
  };
  named.forEach(keep);
  keep('Metadata');
  // The manifest is no component; a type that is only there to be extended neither.
  named.delete('Package');
  for (const name of [...named]) {
    const isExtended = [...types.all.values()].some((type) => type.base === name);
    if (isExtended && !places.has(name)) named.delete(name);
  }
  return { named, kept };
}

function write(types, places, named, kept) {
  const known = new Set([...types.all.keys()].map((name) => name.toLowerCase()));
  const opaque = [...places.keys()]
    .filter((name) => !known.has(name.toLowerCase()) && name !== 'Settings');
  const names = [...new Set([...kept, ...opaque])].sort((one, other) => (one < other ? -1 : 1));
  return names.map((name) => block(types, places, named, kept, name)).join('\n');
}

function age(seen) {
  return [...(seen.has(WSDL[0]) ? [] : ['new']), ...(seen.has(TYPES[0][0]) ? [] : ['old'])];
}

function block(types, places, named, kept, name) {
  const type = types.all.get(name);
  const at = places.get(name);
  // SDR lists a few settings that are files of the folder all the same (META).
  const isSettings = named.has(name) && name.endsWith('Settings') && (!at || at.isInSettings);
  const head = [name];
  if (type?.base) head.push(`<${type.base}`);
  if (isSettings) head.push('settings');
  else if (named.has(name) || !type) head.push('named');
  if (!isSettings) head.push(...(at?.tokens ?? []));
  head.push(...(type ? age(type.seen) : ['opaque']));
  const lines = (type?.fields ?? []).map((field) => {
    const isList = field.many && types.all.has(field.kind);
    const { key, ordered } = isList ? types.key(name, field) : { key: [], ordered: false };
    return [
      ` ${field.name}`,
      field.kind + (field.many ? '*' : field.optional ? '?' : ''),
      ...(key.length ? [`key=${key.join('|')}`] : []),
      ...(ordered ? ['ordered'] : []),
      // What holds for the type is not said of each field again.
      ...age(field.seen).filter((mark) => !age(type.seen).includes(mark)),
    ].join(' ');
  });
  return [head.join(' '), ...lines, ''].join('\n');
}

function header(body) {
  return `# The types of the Metadata API. Made by tests/wsdl/generate.mjs; not to be edited.
# sha256 of what follows the first empty line: ${sha256(body)}
# From @salesforce/types ${TYPES.map(([version]) => version).join(', ')};
# from the Metadata WSDL ${WSDL[0]}; folders from @salesforce/source-deploy-retrieve ${REGISTRY[0]}.
# Copyright (c) 2026 Salesforce, Inc. Apache License 2.0 (LICENSE-APACHE); changed: names and shapes
# alone were taken, and written in another form. Keys and order: tests/wsdl/keys.txt.
#
# A type is a line of its own, its fields follow in the order of the WSDL, an empty line ends it:
#   Name <Base named folder=x suffix=y ..   named: may stand in a manifest; settings: the root of
#     a file of the folder settings; bundle: no single file; folders: folders of another type;
#     content: the XML stands beside a file of content; nested: below folders of its own;
#     decomposed: in source format in parts; part=Type/folder: such a part; opaque: no fields known
#   name kind   bool, int, number, text, date, enum, any, or a type; ? optional, * repeated;
#     key=a|b: what tells entries apart; ordered: their order says something
#   new: not in the WSDL ${WSDL[0]}, old: not in the newest types; of a type it holds for its fields

${body}`;
}

// ---- ----

const options = process.argv.slice(2);
const option = (name) => (options.includes(name) ? options[options.indexOf(name) + 1] : undefined);
const wsdlPath = option('--wsdl') ?? fail('name the WSDL by --wsdl, see the top of this script');
const temporary = option('--packages') ? undefined : mkdtempSync(join(tmpdir(), 'wsdl-'));
const packages = option('--packages') ?? temporary;

const types = TYPES.map(([version, hash]) => {
  const file = join(packed(packages, '@salesforce/types', version), 'lib/metadata.d.ts');
  return [version, readTypes(pinned(file, hash))];
});
const wsdl = readWsdl(pinned(wsdlPath, WSDL[1]));
const sdr = packed(packages, '@salesforce/source-deploy-retrieve', REGISTRY[0]);
const registryFile = join(sdr, 'lib/src/registry/metadataRegistry.json');
const registry = JSON.parse(pinned(registryFile, REGISTRY[1]));
const keys = readKeys(readFileSync(join(here, 'keys.txt'), 'utf8'));

const [newest, ...older] = types;
const all = new Types(united([newest, [WSDL[0], wsdl], ...older]), keys);
const places = readPlaces(registry);
const { named, kept } = chosen(all, places, newest[1], wsdl);
const text = header(write(all, places, named, kept));
for (const [of, { used }] of keys) {
  if (!used) fail(`keys.txt: ${of} is the type of no list`);
}
if (temporary) rmSync(temporary, { recursive: true });

if (options.includes('--notes')) notes.forEach((note) => console.error(note));
if (options.includes('--check')) {
  if (readFileSync(target, 'utf8') !== text) fail('types.txt is not what the sources make');
} else {
  mkdirSync(dirname(target), { recursive: true });
  writeFileSync(target, text);
}
