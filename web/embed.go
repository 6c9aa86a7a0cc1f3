// SPDX-License-Identifier: Apache-2.0

// Package web has the pages in the form in which browsers get them. They are made from
// the sources beside it; what serves them is in package api.
package web

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"
	"sync"
)

//go:embed dist
var dist embed.FS

// Index is the name of the page itself.
const Index = "index.html"

// packed is the ending of a file that is kept compressed (RFC 1952).
const packed = ".gz"

// types are those of the files that are served, by the ending of their name. Text is
// UTF-8.
var types = map[string]string{
	".html":        "text/html; charset=utf-8",
	".css":         "text/css; charset=utf-8",
	".js":          "text/javascript; charset=utf-8",
	".json":        "application/json",
	".map":         "application/json",
	".webmanifest": "application/manifest+json",
	".svg":         "image/svg+xml",
	".png":         "image/png",
	".webp":        "image/webp",
	".ico":         "image/vnd.microsoft.icon",
	".woff2":       "font/woff2",
	".txt":         "text/plain; charset=utf-8",
}

// File is a file of the pages. It is safe for concurrent use.
type File struct {
	// Type is its media type.
	Type string
	// Immutable tells that another content would have another name.
	Immutable bool
	// Packed tells that it is kept compressed, as gzip (RFC 9110 section 8.4.1.3).
	Packed bool

	path string
	from fs.FS
	etag func() (string, error)
}

// Open returns the file with a name such as "assets/main-ABC.js"; ok is false if there is
// none. Names are looked up as they are: none leads out of the pages.
func Open(name string) (f *File, ok bool) {
	f, ok = files()[name]
	return f, ok
}

// Names are those of all files.
func Names() []string {
	var names []string
	for name := range files() {
		names = append(names, name)
	}
	return names
}

// files are those in dist by the names that they are served under, found at the first
// call.
var files = sync.OnceValue(func() map[string]*File { return list(dist, "dist") })

// list finds the files below a directory. Of a type that is not served there is none.
func list(from fs.FS, dir string) map[string]*File {
	found := map[string]*File{}
	_ = fs.WalkDir(from, dir, func(at string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		f := &File{path: at, from: from}
		name := strings.TrimPrefix(at, dir+"/")
		name, f.Packed = strings.CutSuffix(name, packed)
		if f.Type = types[path.Ext(name)]; f.Type == "" {
			return nil
		}
		f.Immutable = strings.HasPrefix(name, "assets/")
		f.etag = sync.OnceValues(f.hash)
		found[name] = f
		return nil
	})
	return found
}

// Bytes is the file as it is kept, compressed where it is Packed.
func (f *File) Bytes() ([]byte, error) {
	b, err := fs.ReadFile(f.from, f.path)
	if err != nil {
		return nil, fmt.Errorf("cannot read %s of the pages: %w", f.path, err)
	}
	return b, nil
}

// Unpacked is the file itself.
func (f *File) Unpacked() ([]byte, error) {
	b, err := f.Bytes()
	if err != nil || !f.Packed {
		return b, err
	}
	r, err := gzip.NewReader(bytes.NewReader(b))
	if err == nil {
		b, err = io.ReadAll(r)
	}
	if err != nil {
		return nil, fmt.Errorf("cannot unpack %s of the pages: %w", f.path, err)
	}
	return b, nil
}

// ETag names the content as it is kept, without quotes (RFC 9110 section 8.8.3).
func (f *File) ETag() (string, error) { return f.etag() }

func (f *File) hash() (string, error) {
	b, err := f.Bytes()
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(b)
	return base64.RawURLEncoding.EncodeToString(sum[:16]), nil
}
