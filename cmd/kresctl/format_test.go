// SPDX-License-Identifier: Apache-2.0

package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/txtar"
	"pgregory.net/rapid"

	"kresd-manager/internal/config"
)

// corpus is every configuration in the test data of this module.
func corpus(t *testing.T) map[string]*config.Document {
	t.Helper()
	docs := make(map[string]*config.Document)
	add := func(name string, text []byte) {
		if doc, err := config.Parse(name, text); err == nil {
			docs[name] = doc
		}
	}
	for _, pattern := range []string{
		"testdata/script/*.txtar", "../../internal/*/testdata/*.txtar", "../../internal/*/testdata/*/*", "../../internal/*/testdata/*.yaml",
	} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			text, err := os.ReadFile(file)
			if err != nil {
				continue // a folder
			}
			switch filepath.Ext(file) {
			case ".txtar":
				for _, f := range txtar.Parse(text).Files {
					add(file+"/"+f.Name, f.Data)
				}
			case ".yaml", ".json", ".toml":
				add(file, text)
			}
		}
	}
	return docs
}

// TestCorpusSurvivesFormats: what is converted and converted back is the same
// configuration, with its keys in the same order.
func TestCorpusSurvivesFormats(t *testing.T) {
	docs := corpus(t)
	if len(docs) < 20 {
		t.Fatalf("only %d configurations", len(docs))
	}
	converted := 0
	for name, doc := range docs {
		for _, format := range []string{"yaml", "json", "toml"} {
			text, err := encode(doc, format)
			if err != nil {
				if format != "toml" || !strings.Contains(err.Error(), "TOML has") && len(doc.JSON()) > 2 {
					t.Errorf("%s: %v", name, err)
				}
				continue
			}
			converted++
			checkSame(t, name+" as "+format, doc, text)
		}
	}
	t.Logf("%d configurations, %d conversions", len(docs), converted)
}

type failer interface {
	Helper()
	Errorf(format string, args ...any)
}

func checkSame(t failer, name string, doc *config.Document, text []byte) {
	t.Helper()
	again, err := config.Parse("", text)
	if err != nil {
		t.Errorf("%s: %v in\n%s", name, err, text)
		return
	}
	if again.ETag() != doc.ETag() {
		t.Errorf("%s: %s became %s by way of\n%s", name, doc.JSON(), again.JSON(), text)
	}
	if keys(t, again.JSON()) != keys(t, doc.JSON()) {
		t.Errorf("%s: the order of %s became that of %s by way of\n%s", name, doc.JSON(), again.JSON(), text)
	}
}

// keys lists the keys of a JSON text in order.
func keys(t failer, text []byte) string {
	root, err := readTree(text)
	if err != nil {
		t.Errorf("%v", err)
	}
	var b strings.Builder
	var list func(tree)
	list = func(n tree) {
		b.WriteByte('(')
		for i := range n.members {
			if n.kind == '{' {
				b.WriteString(n.keys[i] + "\x00")
			}
			list(n.members[i])
		}
		b.WriteByte(')')
	}
	list(root)
	return b.String()
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
		text, err := json.Marshal(root.Draw(t, "root"))
		if err != nil {
			t.Fatal(err)
		}
		doc, err := config.Parse("", text)
		if err != nil {
			t.Skip(err)
		}
		for _, format := range []string{"yaml", "json", "toml"} {
			out, err := encode(doc, format)
			if err != nil {
				t.Fatalf("%s of %s: %v", format, text, err)
			}
			checkSame(t, format, doc, out)
		}
	})
}
