// SPDX-License-Identifier: Apache-2.0

package packaging

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kresd-manager/internal/message"
)

// TestTheCatalogExplainsEveryKind also holds that it explains nothing else, and names no
// field that messages do not have.
func TestTheCatalogExplainsEveryKind(t *testing.T) {
	b, err := os.ReadFile("catalog/kresd-manager.catalog")
	if err != nil {
		t.Fatal(err)
	}
	var explained []message.Kind
	for _, part := range strings.Split(string(b), "\n-- ")[1:] {
		id, rest, _ := strings.Cut(part, "\n")
		head, body, _ := strings.Cut(rest, "\n\n")
		explained = append(explained, message.Kind(id))
		if !strings.HasPrefix(head, "Subject: ") || !strings.Contains(head, "\nDefined-By: kresd-manager") || strings.TrimSpace(body) == "" {
			t.Errorf("%s has no subject, author or text:\n%s", id, rest)
		}
		for line := range strings.Lines(body) {
			if len(line) > 81 {
				t.Errorf("%s: longer than 80 columns: %s", id, line)
			}
		}
	}
	kinds := slices.Clone(message.Kinds)
	slices.Sort(kinds)
	slices.Sort(explained)
	if !slices.Equal(kinds, explained) || len(kinds) < 20 || len(slices.Compact(kinds)) != len(message.Kinds) {
		t.Errorf("there are %d kinds, and %d are explained", len(kinds), len(explained))
	}
	for _, f := range regexp.MustCompile(`@[A-Z_]+@`).FindAllString(string(b), -1) {
		if !slices.Contains([]string{"@KRES_CHANGE@", "@KRES_UNIT@", "@KRES_STEP@", "@KRES_GENERATION@", "@KRES_REQUEST@"}, f) {
			t.Errorf("there is no field %s", f)
		}
	}
	id := regexp.MustCompile(`^[0-9a-f]{32}$`)
	for _, k := range message.Kinds {
		if !id.MatchString(string(k)) {
			t.Errorf("%q is no ID", k)
		}
	}
}
