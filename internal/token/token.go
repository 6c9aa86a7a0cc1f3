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
	b, err := durable.Read(path, maxFile)
	if err != nil {
		return "", err
	}
	token := strings.TrimSpace(string(b))
	switch {
	case len(token) < Min:
		return "", fmt.Errorf("the token in %s is shorter than %d bytes", path, Min)
	case len(b) > Max+1 || strings.ContainsAny(token, " \t\r\n"):
		return "", fmt.Errorf("%s must hold one token in one line", path)
	}
	return token, nil
}
