// SPDX-License-Identifier: Apache-2.0

package config

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"

	jsonpatch "github.com/evanphx/json-patch/v5"

	"kresd-manager/internal/config/tree"
)

var patchTests = []struct {
	name, text, patch, want string
	outcome                 outcome
}{
	// RFC 6902 appendix A.
	{"A.1 adding an object member", `{"foo":"bar"}`, `[{"op":"add","path":"/baz","value":"qux"}]`, `{"foo":"bar","baz":"qux"}`, edited},
	{"A.2 adding an array element", `{"foo":["bar","baz"]}`, `[{"op":"add","path":"/foo/1","value":"qux"}]`, `{"foo":["bar","qux","baz"]}`, edited},
	{"A.3 removing an object member", `{"baz":"qux","foo":"bar"}`, `[{"op":"remove","path":"/baz"}]`, `{"foo":"bar"}`, edited},
	{"A.4 removing an array element", `{"foo":["bar","qux","baz"]}`, `[{"op":"remove","path":"/foo/1"}]`, `{"foo":["bar","baz"]}`, edited},
	{"A.5 replacing a value", `{"baz":"qux","foo":"bar"}`, `[{"op":"replace","path":"/baz","value":"boo"}]`, `{"baz":"boo","foo":"bar"}`, edited},
	{"A.6 moving a value", `{"foo":{"bar":"baz","waldo":"fred"},"qux":{"corge":"grault"}}`, `[{"op":"move","from":"/foo/waldo","path":"/qux/thud"}]`,
		`{"foo":{"bar":"baz"},"qux":{"corge":"grault","thud":"fred"}}`, edited},
	{"A.7 moving an array element", `{"foo":["all","grass","cows","eat"]}`, `[{"op":"move","from":"/foo/1","path":"/foo/3"}]`, `{"foo":["all","cows","eat","grass"]}`, edited},
	{"A.8 testing a value: success", `{"baz":"qux","foo":["a",2,"c"]}`, `[{"op":"test","path":"/baz","value":"qux"},{"op":"test","path":"/foo/1","value":2}]`,
		`{"baz":"qux","foo":["a",2,"c"]}`, edited},
	{"A.9 testing a value: error", `{"baz":"qux"}`, `[{"op":"test","path":"/baz","value":"bar"}]`, ``, testFailed},
	{"A.10 adding a nested member object", `{"foo":"bar"}`, `[{"op":"add","path":"/child","value":{"grandchild":{}}}]`, `{"foo":"bar","child":{"grandchild":{}}}`, edited},
	{"A.11 ignoring unrecognized elements", `{"foo":"bar"}`, `[{"op":"add","path":"/baz","value":"qux","xyz":123}]`, `{"foo":"bar","baz":"qux"}`, edited},
	{"A.12 adding to a nonexistent target", `{"foo":"bar"}`, `[{"op":"add","path":"/baz/bat","value":"qux"}]`, ``, notFound},
	{"A.13 invalid patch document", `{"foo":"bar"}`, `[{"op":"add","path":"/baz","value":"qux","op":"remove"}]`, ``, malformed},
	{"A.14 ~ escape ordering", `{"/":9,"~1":10}`, `[{"op":"test","path":"/~01","value":10}]`, `{"/":9,"~1":10}`, edited},
	{"A.15 comparing strings and numbers", `{"/":9,"~1":10}`, `[{"op":"test","path":"/~01","value":"10"}]`, ``, testFailed},
	{"A.16 adding an array value", `{"foo":["bar"]}`, `[{"op":"add","path":"/foo/-","value":["abc","def"]}]`, `{"foo":["bar",["abc","def"]]}`, edited},

	{"no operations", `{"a":1}`, `[]`, `{"a":1}`, edited},
	{"null is a value", `{"a":1}`, `[{"op":"add","path":"/a","value":null},{"op":"test","path":"/a","value":null}]`, `{"a":null}`, edited},
	{"replace keeps the place of a key", `{"a":1,"b":2}`, `[{"op":"replace","path":"/a","value":3}]`, `{"a":3,"b":2}`, edited},
	{"add replaces in its place too", `{"a":1,"b":2}`, `[{"op":"add","path":"/a","value":3}]`, `{"a":3,"b":2}`, edited},
	{"replace needs a target", `{"a":1}`, `[{"op":"replace","path":"/b","value":3}]`, ``, notFound},
	{"replace needs an element", `{"a":[1]}`, `[{"op":"replace","path":"/a/-","value":3}]`, ``, notFound},
	{"replace keeps numbers as written", `{"a":1}`, `[{"op":"replace","path":"/a","value":1.50}]`, `{"a":1.50}`, edited},
	{"the whole document is replaced", `{"a":1}`, `[{"op":"replace","path":"","value":{"b":2}}]`, `{"b":2}`, edited},
	{"the whole document is added", `{"a":1}`, `[{"op":"add","path":"","value":{"b":2}}]`, `{"b":2}`, edited},
	{"the whole document is removed", `{"a":1}`, `[{"op":"remove","path":""}]`, `{}`, edited},
	{"the whole document is copied into itself", `{"a":1}`, `[{"op":"copy","from":"","path":"/b"}]`, `{"a":1,"b":{"a":1}}`, edited},
	{"add at the length of a list appends", `{"a":[1]}`, `[{"op":"add","path":"/a/1","value":2}]`, `{"a":[1,2]}`, edited},
	{"add beyond the end", `{"a":[1]}`, `[{"op":"add","path":"/a/2","value":2}]`, ``, notFound},
	{"remove what is not there", `{"a":[1]}`, `[{"op":"remove","path":"/b"}]`, ``, notFound},
	{"test what is not there", `{"a":[1]}`, `[{"op":"test","path":"/b","value":null}]`, ``, notFound},
	{"a move onto itself", `{"a":1,"b":2}`, `[{"op":"move","from":"/a","path":"/a"}]`, `{"a":1,"b":2}`, edited},
	{"a move into itself", `{"a":{"b":2}}`, `[{"op":"move","from":"/a","path":"/a/b/c"}]`, ``, misfit},
	{"a move from nowhere", `{"a":1}`, `[{"op":"move","from":"/x","path":"/a"}]`, ``, notFound},
	{"numbers are equal by value", `{"a":[1.0,100,0.5,-0]}`, `[{"op":"test","path":"/a","value":[1,1e2,5E-1,0]}]`, `{"a":[1.0,100,0.5,-0]}`, edited},
	{"numbers differ beyond the precision of a float", `{"a":9007199254740993}`, `[{"op":"test","path":"/a","value":9007199254740992}]`, ``, testFailed},
	{"objects are equal in any order", `{"a":{"x":1,"y":[2]}}`, `[{"op":"test","path":"/a","value":{"y":[2],"x":1}}]`, `{"a":{"x":1,"y":[2]}}`, edited},
	{"lists are not", `{"a":[1,2]}`, `[{"op":"test","path":"/a","value":[2,1]}]`, ``, testFailed},
	{"a failure at the end undoes all", `{"a":1}`, `[{"op":"remove","path":"/a"},{"op":"test","path":"","value":1}]`, ``, testFailed},
	{"an index with a leading zero", `{"a":[1,2]}`, `[{"op":"remove","path":"/a/01"}]`, ``, misfit},
	{"a patch that is no list", `{}`, `{"op":"remove","path":"/a"}`, ``, malformed},
	{"an operation that is no object", `{}`, `[1]`, ``, malformed},
	{"an unknown operation", `{}`, `[{"op":"increment","path":"/a"}]`, ``, malformed},
	{"no op", `{}`, `[{"path":"/a"}]`, ``, malformed},
	{"no path", `{}`, `[{"op":"remove"}]`, ``, malformed},
	{"no value", `{}`, `[{"op":"add","path":"/a"}]`, ``, malformed},
	{"no from", `{}`, `[{"op":"copy","path":"/a"}]`, ``, malformed},
	{"a path that is no pointer", `{}`, `[{"op":"add","path":"a","value":1}]`, ``, malformed},
	{"a path that is no string", `{}`, `[{"op":"add","path":1,"value":1}]`, ``, malformed},
	{"no JSON", `{}`, `- op: add`, ``, malformed},
}

func TestPatch(t *testing.T) {
	for _, test := range patchTests {
		t.Run(test.name, func(t *testing.T) {
			before := mustParse(t, test.text)
			after, err := before.Patch([]byte(test.patch))
			test.outcome.check(t, err)
			if err == nil && string(after.JSON()) != test.want {
				t.Errorf("got %s, want %s", after.JSON(), test.want)
			}
			if string(before.JSON()) != test.text {
				t.Errorf("the document has changed to %s", before.JSON())
			}
		})
	}
}

func TestPatchErrorsNameTheOperation(t *testing.T) {
	d := mustParse(t, `{"a":1}`)
	for patch, want := range map[string]string{
		`[{"op":"test","path":"/a","value":1},{"op":"remove","path":"/b/c"}]`: `patch operation 1 (remove): "/b": no such value`,
		`[{"op":"test","path":"/a","value":2}]`:                               `patch operation 0 (test): "/a": test failed: the value is another`,
		"[{},\n {\"op\":\"ad\",\"path\":\"a\"}]": "patch:1:2: /0: an operation needs \"op\"; an operation needs \"path\"\n" +
			"patch:2:2: /1: \"a\": a pointer is empty or starts with /; \"ad\" is not an operation; there are add, remove, replace, move, copy and test",
	} {
		if _, err := d.Patch([]byte(patch)); err == nil || err.Error() != want {
			t.Errorf("%s:\ngot  %v\nwant %s", patch, err, want)
		}
	}
}

func TestPatchCannotGrowWithoutBound(t *testing.T) {
	doubling := strings.Repeat(`,{"op":"copy","from":"","path":"/x"},{"op":"copy","from":"","path":"/y"}`, 30)
	_, err := mustParse(t, `{"x":[1,2,3,4,5,6,7,8]}`).Patch([]byte("[" + doubling[1:] + "]"))
	misfit.check(t, err)
	doubling = strings.Repeat(`,{"op":"copy","from":"/l","path":"/l/-"}`, 60)
	_, err = mustParse(t, `{"l":[1,2,3,4,5,6,7,8]}`).Patch([]byte("[" + doubling[1:] + "]"))
	misfit.check(t, err)
}

// FuzzPatch holds Patch to another implementation of RFC 6902, where that one
// follows it: it does not know the empty key.
func FuzzPatch(f *testing.F) {
	for _, test := range patchTests {
		f.Add(test.text, test.patch)
	}
	f.Fuzz(func(t *testing.T, text, patch string) {
		if !json.Valid([]byte(text)) || !json.Valid([]byte(patch)) || strings.Contains(text+patch, `\`) || strings.Contains(patch, `/"`) || strings.Contains(patch, "//") {
			return
		}
		d, err := Parse("fuzz", []byte(text))
		if err != nil || d.root.Kind != tree.Object {
			return
		}
		got, err := d.Patch([]byte(patch))
		if err != nil || got.root.Kind != tree.Object || strings.Contains(patch, `"path":""`) {
			return
		}
		operations, theirErr := jsonpatch.DecodePatch([]byte(patch))
		if theirErr != nil {
			return
		}
		options := jsonpatch.NewApplyOptions()
		options.EscapeHTML = false
		want, theirErr := operations.ApplyWithOptions([]byte(text), options)
		if theirErr != nil {
			t.Skip()
		}
		var a, b any
		if json.Unmarshal(got.JSON(), &a) != nil || json.Unmarshal(want, &b) != nil {
			t.Fatalf("not JSON: %s or %s", got.JSON(), want)
		}
		if !reflect.DeepEqual(a, b) {
			t.Fatalf("%s\n%s\ngot  %s\nwant %s", text, patch, got.JSON(), want)
		}
	})
}
