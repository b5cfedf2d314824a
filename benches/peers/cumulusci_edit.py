"""One flag of a profile switched in place with CumulusCI's metadata tree, which its metadata_etl tasks edit with: FILE FIELD"""
import sys

from cumulusci.utils.xml import metadata_tree

path, field = sys.argv[1:]
tree = metadata_tree.parse(path)
entry = tree.find("fieldPermissions", field=field)
entry.editable.text = "false" if entry.editable.text == "true" else "true"
with open(path, "w", encoding="utf-8") as file:
    file.write(tree.tostring(xml_declaration=True))
print("1 change")
