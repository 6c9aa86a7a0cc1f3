// SPDX-License-Identifier: Apache-2.0

package rollout

import (
	"errors"
	"fmt"
	"strings"
)

// Tags are what is known of a host, by name, as systemd's machine tags have it
// (machine-info(5)): "ring" is "canary". A tag that has no value has "". The tag "host"
// is the name of the host.
type Tags map[string]string

// Match says which hosts are meant: "*" is all, "ring=canary" those with that value,
// "edge" those with that tag, whatever its value.
type Match string

// Of reports whether a host is meant.
func (m Match) Of(tags Tags) bool {
	if m == "*" {
		return true
	}
	name, value, ok := strings.Cut(string(m), "=")
	has, there := tags[name]
	return there && (!ok || has == value)
}

// Check says what is wrong with it.
func (m Match) Check() error {
	if m == "*" {
		return nil
	}
	name, value, ok := strings.Cut(string(m), "=")
	if name == "" {
		return errors.New(`a match is "*", TAG or TAG=VALUE`)
	}
	if strings.ContainsAny(name+value, " \t\r\n*,:") || len(m) > 255 || ok && value == "" {
		return fmt.Errorf(`%q is not a match: write "*", TAG or TAG=VALUE`, m)
	}
	return nil
}
