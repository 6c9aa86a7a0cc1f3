// SPDX-License-Identifier: Apache-2.0

package config

import (
	"errors"
	"strings"
	"testing"

	"kresd-manager/internal/config/tree"
)

// outcome is what an edit is expected to end in.
type outcome int

const (
	edited outcome = iota
	notFound
	misfit // a *PointerError
	testFailed
	malformed // Problems
)

func (want outcome) check(t *testing.T, err error) {
	t.Helper()
	var (
		pointer  *tree.PointerError
		problems tree.Problems
	)
	ok := false
	switch want {
	case edited:
		ok = err == nil
	case notFound:
		ok = errors.Is(err, tree.ErrNotFound)
	case misfit:
		ok = errors.As(err, &pointer)
	case testFailed:
		ok = errors.Is(err, tree.ErrTestFailed)
	case malformed:
		ok = errors.As(err, &problems)
	}
	if !ok {
		t.Errorf("unexpected error: %v", err)
	}
}

func TestPut(t *testing.T) {
	for _, test := range []struct {
		name, text, pointer, value, want string
		outcome                          outcome
	}{
		{"a member is replaced in its place", `{"a":1,"b":2}`, "/a", `[3]`, `{"a":[3],"b":2}`, edited},
		{"a new member goes to the end", `{"b":1}`, "/a", `null`, `{"b":1,"a":null}`, edited},
		{"a list element is replaced", `{"l":[1,2,3]}`, "/l/1", `{"x":0}`, `{"l":[1,{"x":0},3]}`, edited},
		{"a dash appends", `{"l":[1]}`, "/l/-", `2`, `{"l":[1,2]}`, edited},
		{"the empty pointer replaces all", `{"l":[1]}`, "", `{"x":1}`, `{"x":1}`, edited},
		{"missing objects are made", `{}`, "/a/b/c", `1`, `{"a":{"b":{"c":1}}}`, edited},
		{"a missing list is made for a dash", `{}`, "/forward/-", `1`, `{"forward":[1]}`, edited},
		{"an element is appended and filled", `{"l":[]}`, "/l/-/x", `1`, `{"l":[{"x":1}]}`, edited},
		{"escapes in a pointer", `{"a/b":{"m~n":1}}`, "/a~1b/m~0n", `2`, `{"a/b":{"m~n":2}}`, edited},
		{"the empty key", `{}`, "/", `1`, `{"":1}`, edited},
		{"an index after the end", `{"l":[1]}`, "/l/1", `2`, ``, notFound},
		{"an element that is not there", `{"l":[1]}`, "/l/1/x", `2`, ``, notFound},
		{"a name in a list", `{"l":[1]}`, "/l/x", `2`, ``, misfit},
		{"below a scalar", `{"l":1}`, "/l/x", `2`, ``, misfit},
		{"below null", `{"l":null}`, "/l/x", `2`, ``, misfit},
		{"a pointer without slash", `{}`, "x", `2`, ``, misfit},
		{"too deep", `{}`, strings.Repeat("/x", tree.MaxDepth+1), `2`, ``, misfit},
		{"a value too deep for the place", `{}`, strings.Repeat("/x", tree.MaxDepth-2), `{"a":{"b":{"c":[1]}}}`, ``, misfit},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := mustParse(t, test.text)
			after, err := before.Put(test.pointer, mustParse(t, test.value))
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

func TestDelete(t *testing.T) {
	for _, test := range []struct {
		name, text, pointer, want string
		outcome                   outcome
	}{
		{"a member", `{"a":1,"b":2,"c":3}`, "/b", `{"a":1,"c":3}`, edited},
		{"the only member", `{"a":{"b":2}}`, "/a/b", `{"a":{}}`, edited},
		{"a list element", `{"l":[1,2,3]}`, "/l/0", `{"l":[2,3]}`, edited},
		{"everything", `{"l":[1,2,3]}`, "", `{}`, edited},
		{"a key that is not there", `{"l":[1]}`, "/x", ``, notFound},
		{"an element that is not there", `{"l":[1]}`, "/l/1", ``, notFound},
		{"the place after the list", `{"l":[1]}`, "/l/-", ``, notFound},
		{"below what is not there", `{}`, "/x/y", ``, notFound},
		{"below a scalar", `{"l":1}`, "/l/0", ``, misfit},
	} {
		t.Run(test.name, func(t *testing.T) {
			before := mustParse(t, test.text)
			after, err := before.Delete(test.pointer)
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

// A problem in what came over the API has no place in the file, and what was
// in the file keeps its own.
func TestEditedValuesHaveNoPosition(t *testing.T) {
	d := mustParse(t, "workers: 0\ncache: {size-max: 1}\nlogging: {level: 1}\n")
	d, err := d.Put("/cache", mustParse(t, `{"size-max": 2}`))
	if err != nil {
		t.Fatal(err)
	}
	d, err = d.Patch([]byte(`[{"op":"copy","from":"/logging","path":"/lua"},{"op":"copy","from":"/cache/size-max","path":"/nsid"},` +
		`{"op":"copy","from":"/cache","path":"/hostname"},{"op":"add","path":"/rundir","value":[]}]`))
	if err != nil {
		t.Fatal(err)
	}
	_, err = d.Config(testHost)
	want := `config:1:10: /workers: expected an integer of at least 1, or auto, found 0
config:3:11: /lua/level: unknown key "level"; it belongs to /logging
config:3:18: /logging/level: expected crit, err, warning, notice, info or debug, found 1`
	want += "\n/cache/size-max: expected a size such as 512B, 64K, 100M or 2G, found 2; add a unit\n" +
		"/hostname: expected a string, found an object\n/rundir: expected the path of a directory, found a list"
	if err == nil || err.Error() != want {
		t.Errorf("got\n%v\nwant\n%s", err, want)
	}
}
