"""Two state folders field by field with lxml: python3 lxml_diff.py THEN NOW. Prints the number of changes."""
import sys
from collections import defaultdict
from pathlib import Path

from lxml import etree

KEYS = {
    "applicationVisibilities": "application", "classAccesses": "apexClass", "customPermissions": "name",
    "fieldPermissions": "field", "objectPermissions": "object", "pageAccesses": "apexPage",
    "recordTypeVisibilities": "recordType", "tabVisibilities": "tab", "userPermissions": "name",
}


def name(element):
    return etree.QName(element).localname


def leaves(element, path, into):
    if len(element):
        for child in element.iterchildren(tag=etree.Element):
            leaves(child, f"{path}.{name(child)}", into)
    else:
        into[path].append((element.text or "").strip())


def read(path):
    """Path to values; an entry of a keyed list is a map of its own."""
    fields = defaultdict(list)
    if path.exists():
        for section in etree.parse(path).getroot().iterchildren(tag=etree.Element):
            key = KEYS.get(name(section))
            if key:
                entry = {name(child): child.text for child in section.iterchildren(tag=etree.Element)}
                fields[name(section), entry.get(key)] = entry
            else:
                leaves(section, name(section), fields)
    return fields


def changes(then, now):
    count = 0
    for path in then.keys() | now.keys():
        one, other = then.get(path), now.get(path)
        if isinstance(one, dict) and isinstance(other, dict):
            count += sum(one.get(leaf) != other.get(leaf) for leaf in one.keys() | other.keys())
        elif one is None or other is None or isinstance(one, dict) or sorted(one) != sorted(other):
            count += 1
    return count


then, now = map(Path, sys.argv[1:3])
files = {path.relative_to(side) for side in (then, now) for path in side.rglob("*") if path.is_file()}
print(sum(changes(read(then / file), read(now / file)) for file in sorted(files)), "changes")
