// Changes between two parsed metadata files, field by field: what `fast_xml_parser.mjs` and `sdr.mjs` have in common.
const KEYS = {
  applicationVisibilities: 'application', classAccesses: 'apexClass', customPermissions: 'name',
  fieldPermissions: 'field', objectPermissions: 'object', pageAccesses: 'apexPage',
  recordTypeVisibilities: 'recordType', tabVisibilities: 'tab', userPermissions: 'name',
};

const list = (value) => (Array.isArray(value) ? value : [value]);

/** Path to values; an entry of a keyed list is an object of its own. */
function fields(root) {
  const found = new Map();
  const leaves = (value, path) => {
    for (const one of list(value)) {
      if (one !== null && typeof one === 'object') {
        for (const [name, child] of Object.entries(one)) leaves(child, `${path}.${name}`);
      } else {
        found.set(path, [...(found.get(path) ?? []), String(one).trim()]);
      }
    }
  };
  for (const [section, value] of Object.entries(root ?? {})) {
    if (section.startsWith('@')) continue;
    const key = KEYS[section];
    if (key) for (const entry of list(value)) found.set(`${section}[${entry[key]}]`, entry);
    else leaves(value, section);
  }
  return found;
}

export function changes(thenRoot, nowRoot) {
  const [then, now] = [fields(thenRoot), fields(nowRoot)];
  let count = 0;
  for (const path of new Set([...then.keys(), ...now.keys()])) {
    const [one, other] = [then.get(path), now.get(path)];
    if (one === undefined || other === undefined) count += 1;
    else if (Array.isArray(one)) count += one.sort().join('\n') === other.sort().join('\n') ? 0 : 1;
    else for (const leaf of new Set([...Object.keys(one), ...Object.keys(other)])) count += one[leaf] === other[leaf] ? 0 : 1;
  }
  return count;
}
