// SPDX-License-Identifier: Apache-2.0

package config

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"kresd-manager/internal/config/tree"
)

// checkDocument holds what is true of every text: problems have places within
// it, and what is accepted survives being written and read again.
func checkDocument(t *testing.T, text string) {
	d, err := Parse("fuzz", []byte(text))
	var problems tree.Problems
	if err != nil {
		if !errors.As(err, &problems) || len(problems) == 0 || err.Error() == "" {
			t.Fatalf("an error without problems: %v", err)
		}
		for _, p := range problems {
			if p.Line > strings.Count(text, "\n")+strings.Count(text, "\r")+strings.Count(text, "\u0085")+strings.Count(text, "\u2028")+strings.Count(text, "\u2029")+2 || p.Message == "" {
				t.Fatalf("a problem out of place: %+v", p)
			}
		}
		return
	}
	if !json.Valid(d.JSON()) {
		t.Fatalf("not JSON: %s", d.JSON())
	}
	again, err := Parse("again", d.JSON())
	if err != nil {
		t.Fatalf("cannot read %s again: %v", d.JSON(), err)
	}
	if again.ETag() != d.ETag() || !bytes.Equal(again.JSON(), d.JSON()) {
		t.Fatalf("%s became %s", d.JSON(), again.JSON())
	}
	c, found := d.Check(testHost)
	_, foundAgain := again.Check(testHost)
	if (c == nil) != (found.Errors() != nil) || len(found) != len(foundAgain) {
		t.Fatalf("%v\n%v", found, foundAgain)
	}
	checkCombine(t, d)
	if d.Redacted().ETag() != d.ETag() && c != nil && c.Network.TLS.SticketSecret == "" && c.Management.Roles == nil {
		t.Fatalf("%s has no secrets", d.JSON())
	}
	for _, p := range found {
		// Every pointer leads to a value, or to a key that is missing.
		if _, err := d.Value(p.Pointer); err != nil && !errors.Is(err, tree.ErrNotFound) {
			t.Fatalf("%v: %v", p, err)
		}
	}
}

// checkCombine holds that nothing is lost or added by combining, and that a
// document cannot be combined with itself, because each of its keys is there
// twice then.
func checkCombine(t *testing.T, d *Document) {
	empty := newDocument("empty", tree.Node{Kind: tree.Object})
	both, err := Combine(empty, d)
	if (err == nil) != (d.root.Kind == tree.Object) {
		t.Fatalf("%s: %v", d.JSON(), err)
	}
	if err != nil {
		return
	}
	if !bytes.Equal(both.JSON(), d.JSON()) {
		t.Fatalf("%s became %s", d.JSON(), both.JSON())
	}
	_, found := d.Check(testHost)
	_, foundBoth := both.Check(testHost)
	if found.Error() != foundBoth.Error() {
		t.Fatalf("%v\n%v", found, foundBoth)
	}
	if _, err := Combine(d, d); (err != nil) != hasLeaf(&d.root) {
		t.Fatalf("%s twice: %v", d.JSON(), err)
	}
}

// hasLeaf says that a value is not made of objects alone.
func hasLeaf(n *tree.Node) bool {
	if n.Kind != tree.Object {
		return true
	}
	return slices.ContainsFunc(n.Members(), func(m tree.Member) bool { return hasLeaf(&m.Value) })
}
