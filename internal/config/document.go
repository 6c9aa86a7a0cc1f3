// SPDX-License-Identifier: Apache-2.0

package config

import (
	"encoding/base64"
	"io"
	"sync"

	"golang.org/x/crypto/blake2b"

	"kresd-manager/internal/config/text"
	"kresd-manager/internal/config/tree"
)

// Host is what validation may know about the machine.
type Host struct {
	CPUs     int    // CPUs the workers may use; 0 is unknown
	Hostname string // host name of the system
	BaseDir  string // absolute directory that relative paths start from

	// Rundir and CacheDir are in place of the documented defaults of /rundir,
	// with the API socket in it, and /cache/storage, "" for those.
	Rundir, CacheDir string
	// LowestPort is the lowest port on which workers may answer; 0 for any.
	LowestPort int
}

// SocketIn is the default path of the API socket in a run directory.
func SocketIn(rundir string) string { return rundir + "/kres-api.sock" }

// Document is a configuration as its author wrote it. It never changes; the
// methods that edit return another document which shares the untouched parts.
// It is safe for concurrent use.
type Document struct {
	name  string
	files []string // what node.file counts; nil if there is only name
	stays bool     // what it was read from does, as files do: it can be looked at later
	root  tree.Node
	json  func() []byte
	etag  func() string
}

// with is a document of the same files with another tree.
func (d *Document) with(root tree.Node) *Document {
	other := newDocument(d.name, root)
	other.files, other.stays = d.files, d.stays
	return other
}

// newDocument makes the texts of a document on first use, once.
func newDocument(name string, root tree.Node) *Document {
	d := &Document{name: name, root: root}
	d.json = sync.OnceValue(func() []byte { return tree.JSON(&d.root) })
	d.etag = sync.OnceValue(d.hash)
	return d
}

// JSON is the document as compact JSON: keys in the order written, numbers and
// texts as written. The caller must not change it.
func (d *Document) JSON() []byte { return d.json() }

// WriteTo writes what JSON gives, without a place for the whole in memory, and returns how
// many bytes that is.
func (d *Document) WriteTo(w io.Writer) (int64, error) { return tree.WriteJSON(w, &d.root) }

// Text is the document in a format, laid out for people, without comments: keys and
// numbers as written. The error says what the format cannot hold.
func (d *Document) Text(format text.Format) ([]byte, error) {
	return text.Write(format, &d.root)
}

// Value is the JSON of the value a pointer (RFC 6901) leads to. The error is
// a *[PointerError], or has [ErrNotFound] in its chain.
func (d *Document) Value(pointer string) ([]byte, error) {
	if pointer == "" {
		return d.JSON(), nil
	}
	tokens, err := tree.SplitPointer(pointer)
	if err != nil {
		return nil, err
	}
	n, err := tree.Find(d.root, tokens)
	if err != nil {
		return nil, err
	}
	return tree.AppendJSON(nil, &n), nil
}

// Position is where the value that a pointer leads to stands: the name of its
// file, and line and column from 1, as in a [Problem] about it. It is not known,
// and ok false, if there is no such value, or if an edit brought it here.
func (d *Document) Position(pointer string) (file string, line, column int, ok bool) {
	tokens, err := tree.SplitPointer(pointer)
	if err != nil {
		return "", 0, 0, false
	}
	n, err := tree.Find(d.root, tokens)
	if err != nil || n.Foreign || n.At.Line == 0 {
		return "", 0, 0, false
	}
	file = d.name
	if n.File > 0 {
		file = d.files[n.File-1]
	}
	return file, int(n.At.Line), int(n.At.Column), true
}

// ETag identifies the document by its content, without the quotes that HTTP
// puts around it. It is the tag that Knot Resolver's own manager computes:
// the URL-safe base64 of a 15-byte BLAKE2b hash of the sorted JSON, so that key
// order and format do not matter and everything else does.
func (d *Document) ETag() string { return d.etag() }

func (d *Document) hash() string {
	h, err := blake2b.New(15, nil)
	if err != nil { // only for a size or key out of range
		panic(err)
	}
	tree.WriteCanonical(h, &d.root)
	return base64.RawURLEncoding.EncodeToString(h.Sum(nil))
}
