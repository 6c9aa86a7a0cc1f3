// SPDX-License-Identifier: Apache-2.0

package config

import (
	"encoding/json"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kresd-manager/internal/config/tree"
)

// names is a document with many names, in an object and in a list.
func names(tb testing.TB, n int) *Document {
	var b strings.Builder
	b.WriteString(`{"names":{`)
	for i := range n {
		fmt.Fprintf(&b, `%s"host%d.example.":"192.0.2.1"`, comma(i), i)
	}
	b.WriteString(`},"rows":[`)
	for i := range n {
		fmt.Fprintf(&b, "%s%d", comma(i), i)
	}
	b.WriteString("]}")
	d, err := Parse("names", []byte(b.String()))
	if err != nil {
		tb.Fatal(err)
	}
	return d
}

func comma(i int) string {
	if i == 0 {
		return ""
	}
	return ","
}

// patchOf repeats operations, in which % stands for a number each.
func patchOf(times int, operations ...string) []byte {
	var all []string
	for i := range times {
		all = append(all, strings.ReplaceAll(operations[i%len(operations)], "%", fmt.Sprint(i)))
	}
	return []byte("[" + strings.Join(all, ",") + "]")
}

var manyOperations = map[string][]string{
	"names": {
		`{"op":"add","path":"/names/new%.example.","value":"192.0.2.2"}`,
		`{"op":"replace","path":"/names/host%.example.","value":"192.0.2.3"}`,
		`{"op":"remove","path":"/names/host%.example."}`,
		`{"op":"test","path":"/names/host%.example.","value":"192.0.2.1"}`,
		`{"op":"copy","from":"/names/host%.example.","path":"/names/copy%.example."}`,
	},
	"rows": {
		`{"op":"add","path":"/rows/%","value":1}`,
		`{"op":"remove","path":"/rows/%"}`,
		`{"op":"add","path":"/rows/0","value":1}`,
		`{"op":"move","from":"/rows/9%","path":"/rows/%"}`,
	},
	"whole objects are moved": {
		`{"op":"move","from":"/names","path":"/moved"}`,
		`{"op":"add","path":"/moved/new%","value":1}`,
		`{"op":"move","from":"/moved","path":"/names"}`,
		`{"op":"remove","path":"/names/host%.example."}`,
	},
}

// What is copied tells: an operation that copied all members of what it edits,
// some megabytes, would take a hundred gigabytes here.
func TestAnOperationCostsNothingForTheOtherMembers(t *testing.T) {
	d := names(t, 100_000)
	for name, operations := range manyOperations {
		patch := patchOf(10_000, operations...)
		if strings.HasPrefix(name, "rows") {
			patch = patchOf(1_000, operations...) // within the list; its length is known
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := d.Patch(patch); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		runtime.ReadMemStats(&after)
		if took := (after.TotalAlloc - before.TotalAlloc) >> 20; took > 500 {
			t.Errorf("%s: %d MiB were copied", name, took)
		}
	}
}

func BenchmarkPatch(b *testing.B) {
	d := names(b, 100_000)
	for name, operations := range manyOperations {
		patch := patchOf(10_000, operations...)
		b.Run(strings.ReplaceAll(name, " ", "-"), func(b *testing.B) {
			for b.Loop() {
				if _, err := d.Patch(patch); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// A patch does what its operations do one after another, each on a document of
// its own, and fails with the first of them.
func TestAPatchIsItsOperationsOneByOne(t *testing.T) {
	long := "[0" + strings.Repeat(",0", 3*512) + "]"
	keys := []string{"a", "b", "c", "0", "1", "-", "700"}
	value := rapid.SampledFrom([]string{"1", `"x"`, "null", "{}", "[]", `{"a":{"b":1},"c":[1,2]}`, "[[0],{}]", long})
	pointer := rapid.Custom(func(t *rapid.T) string {
		p := ""
		for range rapid.IntRange(0, 3).Draw(t, "tokens") {
			p += "/" + rapid.SampledFrom(keys).Draw(t, "key")
		}
		return p
	})
	rapid.Check(t, func(t *rapid.T) {
		whole, err := Parse("", []byte(`{"a":{"a":{"a":1,"b":[]},"b":2},"b":`+long+`,"c":[{"a":1},[2],3]}`))
		if err != nil {
			t.Fatal(err)
		}
		text := string(whole.JSON())
		var operations []json.RawMessage
		one := whole
		for range rapid.IntRange(1, 40).Draw(t, "operations") {
			o := map[string]any{"op": rapid.SampledFrom([]string{"add", "add", "replace", "remove", "move", "copy", "test"}).Draw(t, "op"),
				"path": pointer.Draw(t, "path"), "from": pointer.Draw(t, "from"), "value": json.RawMessage(value.Draw(t, "value"))}
			b, err := json.Marshal(o)
			if err != nil {
				t.Fatal(err)
			}
			next, err := one.Patch([]byte("[" + string(b) + "]"))
			if err != nil && rapid.Bool().Draw(t, "go on") {
				continue // most operations fail; what they leave out does not matter
			}
			operations = append(operations, b)
			if err != nil {
				_, all := whole.Patch(patchText(operations))
				want := strings.Replace(err.Error(), "operation 0", fmt.Sprintf("operation %d", len(operations)-1), 1)
				if all == nil || all.Error() != want {
					t.Fatalf("got %v, want %s", all, want)
				}
				return
			}
			one = next
		}
		all, err := whole.Patch(patchText(operations))
		if err != nil {
			t.Fatal(err)
		}
		if string(all.JSON()) != string(one.JSON()) {
			t.Fatalf("got  %s\nwant %s", all.JSON(), one.JSON())
		}
		if string(whole.JSON()) != text {
			t.Fatal("the document itself has changed")
		}
	})
}

func patchText(operations []json.RawMessage) []byte {
	b, err := json.Marshal(append([]json.RawMessage{}, operations...))
	if err != nil {
		panic(err)
	}
	return b
}

// What was copied and what it was copied from are edited apart.
func TestACopyIsAnotherValue(t *testing.T) {
	d := mustParse(t, `{"a":{"x":{"y":[1]}}}`)
	got, err := d.Patch([]byte(`[{"op":"test","path":"/a/x/y/0","value":1},{"op":"copy","from":"/a","path":"/b"},
		{"op":"add","path":"/a/x/y/-","value":2},{"op":"add","path":"/b/x/z","value":3},{"op":"copy","from":"/b/x","path":"/b/x/x"},
		{"op":"remove","path":"/b/x/x/y/0"}]`))
	if err != nil {
		t.Fatal(err)
	}
	if want := `{"a":{"x":{"y":[1,2]}},"b":{"x":{"y":[1],"z":3,"x":{"y":[],"z":3}}}}`; string(got.JSON()) != want {
		t.Errorf("got %s, want %s", got.JSON(), want)
	}
}

// The depth is bounded at the operation that goes too deep, also by way of values
// that were edited before.
func TestPatchCannotNestWithoutBound(t *testing.T) {
	deeper := `{"op":"add","path":"/new","value":{}},{"op":"move","from":"/a","path":"/new/a"},{"op":"move","from":"/new","path":"/a"}`
	times := tree.MaxDepth - 2 // of {"a": {"x": 1}}
	d := mustParse(t, `{"a":{"x":1}}`)
	if _, err := d.Patch([]byte("[" + strings.Repeat(deeper+",", times-1) + deeper + "]")); err != nil {
		t.Fatal(err)
	}
	_, err := d.Patch([]byte("[" + strings.Repeat(deeper+",", times) + deeper + "]"))
	misfit.check(t, err)
	if err == nil || !strings.Contains(err.Error(), tree.TooDeep) || !strings.Contains(err.Error(), fmt.Sprintf("operation %d (move)", 3*times+1)) {
		t.Error(err)
	}
}
