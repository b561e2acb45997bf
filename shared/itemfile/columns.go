package itemfile

import (
	"fmt"
	"slices"
	"strings"
)

// attributePrefix stands before an attribute's name in a mapping.
const attributePrefix = "attributes."

// CheckColumns returns an error, a sentence for the client, unless every target
// of a mapping of headings to columns is one.
func CheckColumns(mapping map[string]string) error {
	for _, target := range mapping {
		key, attribute := strings.CutPrefix(target, attributePrefix)
		if target != "" && !slices.Contains(columns, target) && (!attribute || key == "") {
			return fmt.Errorf("must have targets out of %s and attributes.KEY, or empty ones", strings.Join(columns, ", "))
		}
	}
	return nil
}

// target returns which column the heading is for: one of columns, "" for none,
// or, with attribute, the name of an attribute.
func target(heading string, mapping map[string]string) (column string, attribute bool) {
	mapped, ok := mapping[heading]
	if !ok {
		return heading, !slices.Contains(columns, heading)
	}
	if key, ok := strings.CutPrefix(mapped, attributePrefix); ok {
		return key, true
	}
	return mapped, false
}
