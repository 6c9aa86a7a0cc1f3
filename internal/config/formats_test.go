// SPDX-License-Identifier: Apache-2.0

package config

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"pgregory.net/rapid"

	"kresd-manager/internal/config/text"
	"kresd-manager/internal/config/tree"
)

// everyDocument is every configuration in the test data of this module.
func everyDocument(t *testing.T) map[string]*Document {
	t.Helper()
	docs := make(map[string]*Document)
	add := func(name string, src []byte) {
		if doc, err := Parse(name, src); err == nil {
			docs[name] = doc
		}
	}
	for _, pattern := range []string{
		"../../cmd/kresctl/testdata/script/*.txtar", "../*/testdata/*.txtar", "../*/testdata/*/*", "../*/testdata/*.yaml",
	} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			src, err := os.ReadFile(file)
			if err != nil {
				continue // a folder
			}
			switch filepath.Ext(file) {
			case ".txtar":
				for _, f := range txtar.Parse(src).Files {
					add(file+"/"+f.Name, f.Data)
				}
			case ".yaml", ".json", ".toml":
				add(file, src)
			}
		}
	}
	return docs
}

// TestCorpusSurvivesFormats: what is converted and converted back is the same
// configuration, with its keys in the same order.
func TestCorpusSurvivesFormats(t *testing.T) {
	docs := everyDocument(t)
	if len(docs) < 20 {
		t.Fatalf("only %d configurations", len(docs))
	}
	converted := 0
	for name, doc := range docs {
		for _, format := range text.Formats {
			out, err := doc.Text(format)
			if err != nil {
				if format != text.TOML || !strings.Contains(err.Error(), "TOML has") && len(doc.JSON()) > 2 {
					t.Errorf("%s: %v", name, err)
				}
				continue
			}
			converted++
			checkSame(t, name+" as "+format.String(), doc, out)
		}
	}
	t.Logf("%d configurations, %d conversions", len(docs), converted)
}

type failer interface {
	Helper()
	Errorf(format string, args ...any)
}

func checkSame(t failer, name string, doc *Document, src []byte) {
	t.Helper()
	again, err := Parse("", src)
	if err != nil {
		t.Errorf("%s: %v in\n%s", name, err, src)
		return
	}
	if again.ETag() != doc.ETag() {
		t.Errorf("%s: %s became %s by way of\n%s", name, doc.JSON(), again.JSON(), src)
	}
	if inOrder(&again.root) != inOrder(&doc.root) {
		t.Errorf("%s: the order of %s became that of %s by way of\n%s", name, doc.JSON(), again.JSON(), src)
	}
}

// inOrder lists the keys of a tree in order.
func inOrder(n *tree.Node) string {
	b := "("
	for i := range n.Len() {
		b += n.Key(i) + "\x00" + inOrder(&n.Member(i).Value)
	}
	return b + ")"
}

// TestFormatsKeepEverything is the same for made-up trees.
func TestFormatsKeepEverything(t *testing.T) {
	texts := rapid.OneOf(
		rapid.StringMatching(`[a-z]{1,4}`), rapid.StringMatching(`[ -~\n\t"'\\#]{0,12}`), rapid.StringMatching(`[\x01-\x1f\x7fž😀\n]{1,4}`),
		rapid.SampledFrom([]string{"yes", "null", "~", "010", "1:30", "2001-01-01", "1e3", ".5", "a\nb", "a\n\n", `"""`, `'''`, "a\\\nb", "- a", "a: b", "inf", "true"}),
	)
	// The first key tells the formats apart, for which it must look like one.
	first := rapid.StringMatching(`[a-z]{1,4}-[a-z]{1,4}`)
	var value func(depth int) *rapid.Generator[any]
	value = func(depth int) *rapid.Generator[any] {
		scalars := []*rapid.Generator[any]{
			rapid.Map(texts, func(s string) any { return s }),
			rapid.Map(rapid.Int64(), func(i int64) any { return i }),
			rapid.Map(rapid.Float64Range(-1e9, 1e9), func(f float64) any { return f }),
			rapid.Map(rapid.Bool(), func(b bool) any { return b }),
		}
		if depth > 0 {
			inner := rapid.Deferred(func() *rapid.Generator[any] { return value(depth - 1) })
			list := rapid.Map(rapid.SliceOfN(inner, 0, 4), func(l []any) any { return l })
			object := rapid.Map(rapid.MapOfN(texts, inner, 0, 4), func(m map[string]any) any { return m })
			scalars = append(scalars, list, object, object)
		}
		return rapid.OneOf(scalars...)
	}
	root := rapid.MapOfN(first, value(3), 1, 5)
	rapid.Check(t, func(t *rapid.T) {
		src, err := json.Marshal(root.Draw(t, "root"))
		if err != nil {
			t.Fatal(err)
		}
		doc, err := Parse("", src)
		if err != nil {
			t.Skip(err)
		}
		for _, format := range text.Formats {
			out, err := doc.Text(format)
			if err != nil {
				t.Fatalf("%s of %s: %v", format, src, err)
			}
			checkSame(t, format.String(), doc, out)
		}
	})
}
