// SPDX-License-Identifier: Apache-2.0

package door

import (
	"crypto/tls"
	"net"
)

// encrypted hands out connections over TCP encrypted, where that is wanted. net/http
// gives the handshake no more time than a header. What the gate has refused was told so
// in the clear.
type encrypted struct {
	net.Listener
	config func() *tls.Config
}

func (l encrypted) Accept() (net.Conn, error) {
	accepted, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	c, ok := accepted.(*conn)
	if !ok || !c.caller.TCP() {
		return accepted, nil
	}
	if config := l.config(); config != nil {
		return tls.Server(c, config), nil
	}
	return accepted, nil
}
