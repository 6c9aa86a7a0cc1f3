// SPDX-License-Identifier: Apache-2.0

package access

import (
	"encoding/json"
	"slices"
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
		w.down(doc.Tree(), tokens)
		if !w.met && !slices.Contains(tokens, "*") && defaultHolds(doc, key) {
			var value *string // null is none
			if json.Unmarshal([]byte(key.Default), &value) == nil && value != nil {
				w.def = true
				for _, token := range tokens {
					w.at = append(w.at, tree.Place{Key: token})
				}
				w.add(*value)
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
	_, err := tree.Find(*doc.Tree(), strings.Split(section, "/")[1:])
	return err != nil
}

// walk goes down from a value along the pattern of a key.
type walk struct {
	need  Need
	base  string
	def   bool
	met   bool         // the key is there
	at    []tree.Place // the way down, each without what is above it
	found []Path
}

// pointer is that of where the walk is. It is asked for where there is a path, which is
// seldom: a list may have a hundred thousand items, and none of them one.
func (w *walk) pointer() string {
	way := append([]tree.Place{{}}, w.at...)
	for i := 1; i < len(way); i++ {
		way[i].Up = &way[i-1]
	}
	return way[len(way)-1].Pointer()
}

// step calls f one step further down.
func (w *walk) step(p tree.Place, f func()) {
	w.at = append(w.at, p)
	f()
	w.at = w.at[:len(w.at)-1]
}

// down looks at what is below a value where tokens lead. Where a text stands for an object,
// or one value for a list of them, there is nothing below.
func (w *walk) down(n *tree.Node, tokens []string) {
	if len(tokens) == 0 {
		w.met = true
		w.texts(n)
		return
	}
	switch {
	case n.Kind == tree.Object && tokens[0] != "*":
		if m := n.Get(tokens[0]); m != nil {
			w.step(tree.Place{Key: tokens[0]}, func() { w.down(m, tokens[1:]) })
		}
	case n.Kind == tree.Object:
		members := slices.Clone(n.Members())
		slices.SortFunc(members, func(a, b tree.Member) int { return strings.Compare(a.Key, b.Key) })
		for i := range members {
			w.step(tree.Place{Key: members[i].Key}, func() { w.down(&members[i].Value, tokens[1:]) })
		}
	case n.Kind == tree.List && tokens[0] == "*":
		for i, m := range n.All() {
			w.step(tree.Place{Index: i, List: true}, func() { w.down(&m.Value, tokens[1:]) })
		}
	}
}

// texts adds a path, or those in a list.
func (w *walk) texts(n *tree.Node) {
	switch n.Kind {
	case tree.Text:
		w.add(n.Text)
	case tree.List:
		for i, m := range n.All() {
			w.step(tree.Place{Index: i, List: true}, func() { w.texts(&m.Value) })
		}
	}
}

func (w *walk) add(path string) {
	if path == "" && w.need != WriteDir {
		return
	}
	if !strings.HasPrefix(path, "/") {
		path = w.base + "/" + path
	}
	w.found = append(w.found, Path{Pointer: w.pointer(), Need: w.need, Path: path, Default: w.def})
}
