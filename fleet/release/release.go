// SPDX-License-Identifier: Apache-2.0

// Package release is what a rollout brings: a configuration for all hosts, what differs
// by host and tag, and files, under one signature. It is pure; where releases are kept is
// left to package store, and who may sign to package sshsig.
package release

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/url"
	"path"
	"strings"
	"time"

	"kresd-manager/fleet/rollout"
	"kresd-manager/fleet/sshsig"
)

// Namespace is what signatures of releases are made for (ssh-keygen -Y sign -n).
const Namespace = "kres-fleet"

// Bounds of a release. A store takes 1.5 MiB at a time; large lists belong into files.
const (
	MaxManifest = 64 << 10
	MaxBlob     = 1 << 20
	MaxFile     = 1 << 30
	maxOverlays = 256
	maxFiles    = 256
)

// Format is the number of the form of manifests that this version writes and reads.
const Format = 1

// Manifest is a release. All that belongs to it is named by its SHA-256, so that the
// signature of the manifest is one of all of it.
type Manifest struct {
	Format int `json:"format"`
	// Sequence orders releases: no host goes from a higher one to a lower one, but for the
	// one it has come from.
	Sequence uint64    `json:"sequence"`
	Base     string    `json:"base"`
	Overlays []Overlay `json:"overlays,omitempty"`
	Files    []File    `json:"files,omitempty"`
	Notes    string    `json:"notes,omitempty"`
}

// Overlay is what is different on some hosts: a JSON merge patch (RFC 7396), in YAML.
type Overlay struct {
	Match rollout.Match `json:"match"`
	Blob  string        `json:"blob"`
}

// File is one that hosts fetch by its URL, and name in the configuration as
// fleet-file:NAME.
type File struct {
	Name   string `json:"name"`
	SHA256 string `json:"sha256"`
	URL    string `json:"url"`
}

// Bundle is a manifest as it was signed, with its signature.
type Bundle struct {
	Manifest  string `json:"manifest"`
	Signature string `json:"signature"`
}

// Digest names a text.
func Digest(text []byte) string {
	h := sha256.Sum256(text)
	return hex.EncodeToString(h[:])
}

// Text is the manifest in its only form, of which the signature and the name of the
// release are made: JSON in the order of the fields, in one line, and a line feed.
func (m Manifest) Text() []byte {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	if err := e.Encode(m); err != nil { // it has nothing that cannot be written
		panic(err)
	}
	return b.Bytes()
}

// Parse reads a manifest. Another form of the same content is refused: one release has
// one name.
func Parse(text []byte) (m Manifest, err error) {
	if len(text) > MaxManifest {
		return m, fmt.Errorf("the manifest has %d bytes, more than %d", len(text), MaxManifest)
	}
	d := json.NewDecoder(bytes.NewReader(text))
	d.DisallowUnknownFields()
	if err := d.Decode(&m); err != nil {
		return Manifest{}, fmt.Errorf("cannot read the manifest: %w", err)
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return Manifest{}, errors.New("cannot read the manifest: something follows it")
	}
	if m.Format != Format {
		return Manifest{}, fmt.Errorf("the manifest has format %d, and this version knows %d; upgrade kres-fleet", m.Format, Format)
	}
	if err := m.check(); err != nil {
		return Manifest{}, err
	}
	if !bytes.Equal(m.Text(), text) {
		return Manifest{}, errors.New("the manifest is not in its canonical form; kres-fleet release make writes it so")
	}
	return m, nil
}

func (m Manifest) check() error {
	switch {
	case m.Sequence < 1:
		return errors.New("the sequence of a release counts from 1")
	case !rollout.IsDigest(m.Base):
		return errors.New("the base of a release is named by its SHA-256")
	case len(m.Overlays) > maxOverlays:
		return fmt.Errorf("a release has at most %d overlays, not %d", maxOverlays, len(m.Overlays))
	case len(m.Files) > maxFiles:
		return fmt.Errorf("a release has at most %d files, not %d", maxFiles, len(m.Files))
	}
	for _, o := range m.Overlays {
		if err := o.Match.Check(); err != nil {
			return fmt.Errorf("overlay: %w", err)
		}
		if !rollout.IsDigest(o.Blob) {
			return fmt.Errorf("overlay %s: it is named by its SHA-256", o.Match)
		}
	}
	seen := make(map[string]bool)
	for _, f := range m.Files {
		u, err := url.Parse(f.URL)
		switch {
		case !plainName(f.Name):
			return fmt.Errorf("file %q: a name has letters, digits, dots, - and _, and does not begin with a dot", f.Name)
		case seen[f.Name]:
			return fmt.Errorf("file %s is there twice", f.Name)
		case !rollout.IsDigest(f.SHA256):
			return fmt.Errorf("file %s: sha256 is not one", f.Name)
		case err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "":
			return fmt.Errorf("file %s: %q is not a URL of https or http", f.Name, f.URL)
		}
		seen[f.Name] = true
	}
	return nil
}

func plainName(name string) bool {
	return name != "" && len(name) <= 128 && name[0] != '.' && path.Base(name) == name &&
		!strings.ContainsFunc(name, func(r rune) bool {
			return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9') && !strings.ContainsRune("._-", r)
		})
}

// Blobs are the names of all blobs of a release, each once.
func (m Manifest) Blobs() []string {
	names := []string{m.Base}
	seen := map[string]bool{m.Base: true}
	for _, o := range m.Overlays {
		if !seen[o.Blob] {
			seen[o.Blob] = true
			names = append(names, o.Blob)
		}
	}
	return names
}

// For are the names of the blobs of a host, in the order in which they apply.
func (m Manifest) For(tags rollout.Tags) []string {
	names := []string{m.Base}
	for _, o := range m.Overlays {
		if o.Match.Of(tags) {
			names = append(names, o.Blob)
		}
	}
	return names
}

// Text is the bundle as a store has it.
func (b Bundle) Text() []byte {
	text, err := json.Marshal(b)
	if err != nil { // it has nothing that cannot be written
		panic(err)
	}
	return text
}

// Open reads a bundle that a store has under a name, and verifies it. It returns who has
// signed it.
func Open(name string, text []byte, signers []sshsig.Signer, now time.Time) (m Manifest, by []string, err error) {
	var b Bundle
	if len(text) > 2*MaxManifest {
		return m, nil, fmt.Errorf("release %s has %d bytes, more than %d", Short(name), len(text), 2*MaxManifest)
	}
	if err := json.Unmarshal(text, &b); err != nil {
		return m, nil, fmt.Errorf("cannot read release %s: %w", Short(name), err)
	}
	if Digest([]byte(b.Manifest)) != name {
		return m, nil, fmt.Errorf("release %s is not what its name says: its text was changed", Short(name))
	}
	if by, err = sshsig.Verify([]byte(b.Manifest), []byte(b.Signature), Namespace, signers, now); err != nil {
		return m, nil, fmt.Errorf("release %s: %w", Short(name), err)
	}
	if m, err = Parse([]byte(b.Manifest)); err != nil {
		return m, nil, fmt.Errorf("release %s: %w", Short(name), err)
	}
	return m, by, nil
}

// Short is a name for people.
func Short(name string) string {
	if len(name) > 12 {
		return name[:12]
	}
	return name
}

// Held is what a host remembers of releases: the one it keeps, the one it has come from,
// and the highest sequence that it has had.
type Held struct {
	Current, Previous string
	Highest           uint64
}

// Accept says why a host does not take a release, nil if it does: an older one may be a
// replay, but what it has come from it has once verified.
func (h Held) Accept(name string, m Manifest) error {
	if m.Sequence > h.Highest || name == h.Current || name != "" && name == h.Previous {
		return nil
	}
	return fmt.Errorf("release %s has sequence %d, and this host has had %d; make it again with a higher one", Short(name), m.Sequence, h.Highest)
}
