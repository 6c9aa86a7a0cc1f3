// SPDX-License-Identifier: Apache-2.0

// Package token reads the bearer tokens that give callers of the API a role
// (RFC 6750).
package token

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/sys/unix"
)

// Lengths of a token in bytes.
const (
	Min = 32
	Max = 4096
)

// Read returns the token that a file holds in its only line. The error names the
// file; one that cannot be opened has [fs.ErrPermission] or [fs.ErrNotExist] in
// its chain. It never waits for somebody to write.
func Read(path string) (string, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|unix.O_NONBLOCK, 0) // a FIFO would wait
	if err != nil {
		return "", err
	}
	defer f.Close()
	if st, err := f.Stat(); err != nil {
		return "", err
	} else if !st.Mode().IsRegular() {
		return "", &os.PathError{Op: "read", Path: path, Err: errors.New("it is not a regular file")}
	}
	b, err := io.ReadAll(io.LimitReader(f, Max+2))
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
