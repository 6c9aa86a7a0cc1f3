// SPDX-License-Identifier: Apache-2.0

package web

import (
	"bytes"
	"compress/gzip"
	"slices"
	"testing"
	"testing/fstest"
)

func TestFilesAreKnownByTheirNames(t *testing.T) {
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write([]byte("let a"))
	_ = z.Close()
	got := list(fstest.MapFS{
		"d/index.html":            {Data: []byte("<!DOCTYPE html>")},
		"d/assets/main-1.js.gz":   {Data: packed.Bytes()},
		"d/assets/broken-2.js.gz": {Data: packed.Bytes()[:20]},
		"d/secret.sh":             {Data: []byte("x")},
		"d/.hidden":               {Data: []byte("x")},
	}, "d")
	var names []string
	for name := range got {
		names = append(names, name)
	}
	slices.Sort(names)
	if !slices.Equal(names, []string{"assets/broken-2.js", "assets/main-1.js", "index.html"}) {
		t.Fatal(names)
	}
	js := got["assets/main-1.js"]
	if !js.Immutable || !js.Packed || js.Type != "text/javascript; charset=utf-8" || got["index.html"].Immutable || got["index.html"].Packed {
		t.Errorf("%+v", js)
	}
	if text, err := js.Unpacked(); err != nil || string(text) != "let a" {
		t.Errorf("%q %v", text, err)
	}
	if _, err := got["assets/broken-2.js"].Unpacked(); err == nil {
		t.Error("what is broken was unpacked")
	}
	one, err := js.ETag()
	other, _ := got["index.html"].ETag()
	if err != nil || len(one) != 22 || one == other {
		t.Errorf("%s %s %v", one, other, err)
	}
}

// TestThePageItselfIsThere holds that dist is what is embedded.
func TestThePageItselfIsThere(t *testing.T) {
	f, ok := Open(Index)
	if !ok || f.Immutable {
		t.Fatalf("%+v", f)
	}
	for _, name := range Names() {
		f, _ := Open(name)
		if _, err := f.Unpacked(); err != nil {
			t.Error(err)
		}
	}
}
