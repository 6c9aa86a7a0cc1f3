// SPDX-License-Identifier: Apache-2.0

package door

import (
	"bytes"
	"net"
)

// Knot Resolver's own kresctl names the socket in the Host header, as in
// "Host: /run/knot-resolver/kres-api.sock". RFC 9110 section 7.2 has no such
// host and net/http answers 400 before any handler is asked. Whoever replaces
// the manager has its client installed and uses it, so that on unix sockets
// the path is taken out of the request before net/http sees it.

// Read blanks out a path in the Host header of the first request of a
// connection, if the header arrives in one piece: that client sends one request
// for each connection, all of its header at once.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if !c.begun && n > 0 {
		c.begun = true
		if _, ok := c.Conn.(*net.UnixConn); ok {
			blankPathHost(p[:n])
		}
	}
	return n, err
}

// blankPathHost overwrites the value of a Host field that starts with a slash
// with blanks, which makes it the empty host of RFC 9112 section 3.2.
func blankPathHost(request []byte) {
	header, _, ok := bytes.Cut(request, []byte("\r\n\r\n"))
	if !ok {
		return
	}
	const field = "\r\nHost: "
	start := bytes.Index(header, []byte(field+"/"))
	if start < 0 {
		return
	}
	for i := start + len(field); i < len(header) && header[i] != '\r'; i++ {
		header[i] = ' '
	}
}
