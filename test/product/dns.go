// SPDX-License-Identifier: Apache-2.0

package product

import (
	"net"
	"sync"
	"testing"

	"github.com/miekg/dns"
)

// ServeDNS answers on an address of the machine, over UDP, until the test ends.
func (s *System) ServeDNS(t *testing.T, address string, answer func(query *dns.Msg) *dns.Msg) {
	t.Helper()
	server := &dns.Server{Handler: dns.HandlerFunc(func(w dns.ResponseWriter, query *dns.Msg) { _ = w.WriteMsg(answer(query)) })}
	if err := s.InNetNS(func() (err error) {
		server.PacketConn, err = net.ListenPacket("udp", address)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	all.Go(func() { _ = server.ActivateAndServe() })
	t.Cleanup(func() { _ = server.Shutdown(); all.Wait() })
}
