// SPDX-License-Identifier: Apache-2.0

package sshsig

import (
	"bufio"
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// Signer is a line of an allowed_signers file.
type Signer struct {
	Principals []string
	Namespaces []string // patterns; none is all
	After      time.Time
	Before     time.Time
	Key        ssh.PublicKey
}

// ParseSigners reads an allowed_signers file. A line that cannot be read is an error, and
// none is passed over: it may be the one that takes something away.
func ParseSigners(text []byte) (signers []Signer, err error) {
	lines := bufio.NewScanner(bytes.NewReader(text))
	for n := 1; lines.Scan(); n++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		s, err := parseLine(line)
		if err != nil {
			return nil, fmt.Errorf("line %d: %w", n, err)
		}
		signers = append(signers, s)
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("cannot read the allowed signers: %w", err)
	}
	if len(signers) == 0 {
		return nil, errors.New("no line names a key: principals, a key type, and the key, as in ssh-keygen(1), ALLOWED SIGNERS")
	}
	return signers, nil
}

func parseLine(line string) (s Signer, err error) {
	fields := words(line)
	if len(fields) < 3 {
		return s, errors.New("it is not of the form PRINCIPALS [OPTIONS] KEYTYPE KEY")
	}
	s.Principals = strings.Split(strings.Trim(fields[0], `"`), ",")
	at := 1
	if !knownType(fields[1]) {
		if err := s.options(fields[1]); err != nil {
			return s, err
		}
		at = 2
	}
	if len(fields) < at+2 || !knownType(fields[at]) {
		return s, fmt.Errorf("%q is not a type of a key", fields[min(at, len(fields)-1)])
	}
	raw, err := base64.StdEncoding.DecodeString(fields[at+1])
	if err != nil {
		return s, errors.New("the key is not base64")
	}
	if s.Key, err = ssh.ParsePublicKey(raw); err != nil {
		return s, fmt.Errorf("cannot read the key: %w", err)
	}
	if s.Key.Type() != fields[at] {
		return s, fmt.Errorf("the key is of type %s, not %s", s.Key.Type(), fields[at])
	}
	return s, nil
}

func knownType(word string) bool {
	return strings.HasPrefix(word, "ssh-") || strings.HasPrefix(word, "ecdsa-") || strings.HasPrefix(word, "sk-")
}

// words splits at blanks that are not in quotes.
func words(line string) []string {
	quoted := false
	return strings.FieldsFunc(line, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return !quoted && (r == ' ' || r == '\t')
	})
}

func (s *Signer) options(text string) (err error) {
	quoted := false
	for _, option := range strings.FieldsFunc(text, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return !quoted && r == ','
	}) {
		name, value, _ := strings.Cut(option, "=")
		value = strings.Trim(value, `"`)
		switch strings.ToLower(name) {
		case "namespaces":
			s.Namespaces = strings.Split(value, ",")
		case "valid-after":
			s.After, err = moment(value)
		case "valid-before":
			s.Before, err = moment(value)
		case "cert-authority":
			err = errors.New("certificates of keys are not taken: name the keys themselves")
		default:
			err = fmt.Errorf("there is no option %q", name)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// moment reads a time as ssh-keygen(1) has it: of the system's own zone, unless a Z
// follows.
func moment(text string) (time.Time, error) {
	zone := time.Local
	digits := text
	if last := len(text) - 1; last > 0 && (text[last] == 'Z' || text[last] == 'z') {
		zone, digits = time.UTC, text[:last]
	}
	for _, layout := range []string{"20060102", "200601021504", "20060102150405"} {
		if len(layout) == len(digits) {
			if t, err := time.ParseInLocation(layout, digits, zone); err == nil {
				return t, nil
			}
		}
	}
	return time.Time{}, fmt.Errorf("%q is not a time, as 20261231 or 202612312359Z", text)
}

// glob matches as OpenSSH does, with * and ?.
func glob(pattern, name string) bool {
	ok, err := path.Match(strings.NewReplacer(`[`, `\[`, `\`, `\\`).Replace(pattern), name)
	return err == nil && ok
}
