// SPDX-License-Identifier: Apache-2.0

package tree

import (
	"bytes"
	"fmt"
	"slices"
	"testing"
)

// TestCanonicalTextIsTheSameInParts holds the text that is hashed part by part to the whole.
func TestCanonicalTextIsTheSameInParts(t *testing.T) {
	root := Node{Kind: Object}
	for i := range 3000 {
		root.Append(Member{Key: fmt.Sprintf("key %d \"ü", 7919*i%3000), Value: Of(List,
			Member{Value: Node{Kind: Text, Text: fmt.Sprint("host", i)}}, Member{Value: Node{Kind: Integer, Text: "-0"}}, Member{Value: Node{Kind: Null}},
		)})
	}
	for name, n := range map[string]Node{"much": root, "little": {Kind: Text, Text: "a"}} {
		var parts bytes.Buffer
		writes := 0
		WriteCanonical(writer(func(b []byte) { writes++; parts.Write(b) }), &n)
		if want := AppendCanonical(nil, &n); !bytes.Equal(parts.Bytes(), want) {
			t.Errorf("%s: the parts make %d bytes, the whole is %d", name, parts.Len(), len(want))
		}
		if name == "much" && writes < 10 {
			t.Errorf("%d bytes came in %d writes", parts.Len(), writes)
		}
		if got, want := JSON(&n), AppendJSON(nil, &n); !bytes.Equal(got, want) {
			t.Errorf("%s: JSON of a size known before differs", name)
		}
	}
}

// Keys are in the order of their bytes, whatever they have in common.
func TestKeysAreInTheOrderOfTheirBytes(t *testing.T) {
	for _, keys := range [][]string{
		{"b", "a", ""},
		{"host", "host10.example", "host1.example", "host1", "host1\x00", "host1\x00\x00", "host100000.example"},
		{"a\x00\x00\x00\x01", "a\x00\x00\x00", "a", "a\x00"},
		{"ü", "z", "zü", "z\U0001F600", "z\uFFFD", "z\x7F"},
		{"www.one.example", "www.one.exampld", "www.one", "www.oneexample"},
		{"only"},
	} {
		n := Node{Kind: Object}
		for _, k := range keys {
			n.Append(Member{Key: k})
		}
		var got []string
		for _, k := range sortedByKey(&n, nil) {
			if n.Key(int(k.i)) != k.key {
				t.Errorf("%q is said to be at %d", k.key, k.i)
			}
			got = append(got, k.key)
		}
		slices.Sort(keys)
		if !slices.Equal(got, keys) {
			t.Errorf("got %q, want %q", got, keys)
		}
	}
}

type writer func([]byte)

func (w writer) Write(b []byte) (int, error) { w(b); return len(b), nil }
