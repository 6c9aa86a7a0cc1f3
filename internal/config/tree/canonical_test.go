// SPDX-License-Identifier: Apache-2.0

package tree

import (
	"bytes"
	"fmt"
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

type writer func([]byte)

func (w writer) Write(b []byte) (int, error) { w(b); return len(b), nil }
