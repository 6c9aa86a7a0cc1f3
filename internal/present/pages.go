// SPDX-License-Identifier: Apache-2.0

package present

import (
	"fmt"
	"io"
	"time"
)

// PagesAt are the ways to the pages of a manager.
type PagesAt struct {
	// Address is that over TCP, "" if the manager does not listen there.
	Address string `json:"address,omitempty"`
	// Link logs in once, until Expires.
	Link    string     `json:"link,omitempty"`
	Expires *time.Time `json:"expires,omitempty"`
	// Tunnel is the command that carries the unix socket to a browser, where Through is
	// the address; "" where that is not known.
	Tunnel  string `json:"tunnel,omitempty"`
	Through string `json:"through-tunnel,omitempty"`
}

// Pages writes where the pages are.
func Pages(w io.Writer, at PagesAt) error {
	text := ""
	switch {
	case at.Link != "" && at.Address == "":
		text = "open once, in one browser; Ctrl-C ends it:\n  " + at.Link + "\n"
	case at.Link != "":
		text = fmt.Sprintf("%s\nto log in, once and until %s:\n  %s\n", at.Address, at.Expires.Local().Format(time.TimeOnly), at.Link)
	case at.Address != "":
		text = at.Address + "\nlog in with the token of a role; for a link: kresctl --token-file FILE ui\n"
	default:
		text = "the manager has no address for browsers; to open one, set management.interface: docs/pages.md\nin a browser on this machine: kresctl ui --local\n"
	}
	if at.Tunnel != "" {
		text += fmt.Sprintf("through ssh, without an address or a token:\n  %s\n  %s\n", at.Tunnel, at.Through)
	}
	_, err := io.WriteString(w, text)
	return err
}
