// SPDX-License-Identifier: Apache-2.0

package access

import (
	"bytes"
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"

	"kresd-manager/internal/config"
	"kresd-manager/internal/config/tree"
)

// Need is what a path is for.
type Need string

// Needs, by the name that the declaration of a key has for them.
const (
	ReadFile  Need = "rfile"  // a regular file to read
	WriteFile Need = "wfile"  // a file to write or to make
	WriteDir  Need = "wdir"   // a directory to make files in
	BindPath  Need = "socket" // the place of a socket
	// ConnectPath is a socket of someone else, which the declaration does not tell
	// from one to make.
	ConnectPath Need = "connect"
)

// WatchFile is a file whose changes are to be seen, which takes a directory that
// can be read (inotify(7)). No key is declared so.
const WatchFile Need = "watched"

// connects are the keys with a socket that someone else listens on.
var connects = map[string]bool{"/logging/dnstap/unix-socket": true}

// Path is a path in a configuration.
type Path struct {
	Pointer string // of the key
	Need    Need
	Path    string // absolute; ".." and symbolic links are left as they are
	Default bool   // not in the document
}

// Paths lists the paths that a configuration names, and those it means by not
// naming them. Keys are known by their declared type alone. Values that are
// not paths at all are left out: the check of the document reports them.
func Paths(doc *config.Document, baseDir string) []Path {
	var all []Path
	for _, key := range config.Keys() {
		need, ok := needOf(key.Type)
		if !ok {
			continue
		}
		if connects[key.Pointer] {
			need = ConnectPath
		}
		w := walk{need: need, base: baseDir}
		tokens := key.Pattern()
		fixed := tokens // up to the first list
		if i := slices.Index(tokens, "*"); i >= 0 {
			fixed = tokens[:i]
		}
		above := "/" + strings.Join(fixed, "/")
		// A list may have a hundred thousand items, and none of them a path.
		if len(fixed) < len(tokens) && !mentions(doc, above, tokens[len(tokens)-1]) {
			continue
		}
		if value, found := decode(doc, above); found {
			w.collect(above, value, tokens[len(fixed):])
		} else if len(fixed) == len(tokens) && defaultHolds(doc, key) {
			var value any
			if json.Unmarshal([]byte(key.Default), &value) == nil {
				w.def = true
				w.collect(above, value, nil)
			}
		}
		all = append(all, w.found...)
	}
	return all
}

// needOf is what the path of a key is for; ok is false if it takes none.
func needOf(t config.KeyType) (need Need, ok bool) {
	need = Need(t.Grammar)
	return need, slices.Contains([]Need{ReadFile, WriteFile, WriteDir, BindPath}, need)
}

// defaultHolds says whether the default of an absent key is in effect: that of
// an optional key only while its section is absent too.
func defaultHolds(doc *config.Document, key config.KeyInfo) bool {
	section := key.Pointer[:strings.LastIndexByte(key.Pointer, '/')]
	if key.Default == "" || section == "" || !key.Type.Optional {
		return key.Default != ""
	}
	_, present := decode(doc, section)
	return !present
}

// mentions reports whether a key may be somewhere below a pointer: cheaply, and true if
// in doubt.
func mentions(doc *config.Document, pointer, key string) bool {
	text, err := doc.Value(pointer)
	return err == nil && (key == "*" || bytes.Contains(text, []byte(strconv.Quote(key))))
}

func decode(doc *config.Document, pointer string) (any, bool) {
	text, err := doc.Value(pointer)
	if err != nil {
		return nil, false
	}
	var value any
	return value, json.Unmarshal(text, &value) == nil
}

// walk goes down from a value along the pattern of a key.
type walk struct {
	need  Need
	base  string
	def   bool
	found []Path
}

func (w *walk) collect(pointer string, value any, pattern []string) {
	switch value := value.(type) {
	case string:
		if len(pattern) > 0 || value == "" && w.need != WriteDir {
			return // the short form of an object, or no path
		}
		path := value
		if !strings.HasPrefix(path, "/") {
			path = w.base + "/" + path
		}
		w.found = append(w.found, Path{Pointer: pointer, Need: w.need, Path: path, Default: w.def})
	case []any:
		if len(pattern) > 0 {
			if pattern[0] != "*" {
				return
			}
			pattern = pattern[1:]
		}
		for i, item := range value {
			w.collect(pointer+"/"+strconv.Itoa(i), item, pattern)
		}
	case map[string]any:
		if len(pattern) == 0 {
			return
		}
		if pattern[0] != "*" {
			w.member(pointer, value, pattern[0], pattern[1:])
			return
		}
		for _, key := range slices.Sorted(maps.Keys(value)) {
			w.member(pointer, value, key, pattern[1:])
		}
	}
}

func (w *walk) member(pointer string, object map[string]any, key string, pattern []string) {
	if value, ok := object[key]; ok {
		w.collect(pointer+"/"+tree.EscapeToken(key), value, pattern)
	}
}
