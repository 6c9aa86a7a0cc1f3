// SPDX-License-Identifier: Apache-2.0

// Package token reads the bearer tokens that give callers of the API a role
// (RFC 6750).
package token

import (
	"fmt"
	"strings"

	"kresd-manager/internal/durable"
)

// Lengths of a token in bytes.
const (
	Min = 32
	Max = 4096
)

// maxFile is what a file may have in bytes for it to be looked at what is wrong with it.
const maxFile = 1 << 20

// Read returns the token that a file holds in its only line. The error names the
// file; one that cannot be opened has [fs.ErrPermission] or [fs.ErrNotExist] in
// its chain. It never waits for someone to write.
func Read(path string) (string, error) {
	token, err := line(path)
	if err == nil && Hashed(token) {
		return "", fmt.Errorf("%s has the hash of a token, for the manager; the token itself is needed here", path)
	}
	return token, err
}

// ReadDigest returns the digest of what a file holds, a token or the hash of one. Errors
// are those of Read.
func ReadDigest(path string) (d Digest, hashed bool, err error) {
	text, err := line(path)
	if err != nil {
		return d, false, err
	}
	if d, err = Parse(text); err != nil {
		return d, true, fmt.Errorf("%s: %w", path, err)
	}
	return d, Hashed(text), nil
}

// line is the only one of a file.
func line(path string) (string, error) {
	b, err := durable.Read(path, maxFile)
	if err != nil {
		return "", err
	}
	return only(b, path)
}

// FromText is Read for a text that was read from a file with a name.
func FromText(text []byte, name string) (string, error) {
	token, err := only(text, name)
	if err == nil && Hashed(token) {
		return "", fmt.Errorf("%s has the hash of a token already", name)
	}
	return token, err
}

// only is the one token of a text.
func only(text []byte, name string) (string, error) {
	token := strings.TrimSpace(string(text))
	switch {
	case len(token) < Min:
		return "", fmt.Errorf("the token in %s is shorter than %d bytes", name, Min)
	case len(text) > Max+1 || strings.ContainsAny(token, " \t\r\n"):
		return "", fmt.Errorf("%s must hold one token in one line", name)
	}
	return token, nil
}
