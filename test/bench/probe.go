// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"strings"
	"time"

	"github.com/miekg/dns"
)

// probePause is the pause between two looks, and so the resolution of what is timed by
// them.
const probePause = time.Millisecond

// probeTimeout is when a look has taken too long for anything but a failure.
const probeTimeout = 30 * time.Second

// serving waits until every worker has a socket of its own on port 53 and a query is
// answered.
func (s *side) serving(ctx context.Context) error {
	return s.until(ctx, "every worker serves", func() (bool, error) {
		n, err := s.listeners()
		if err != nil || n < workers {
			return false, err
		}
		got, err := s.resolve(benchName)
		return err == nil && got == benchAddress, nil
	})
}

// listeners counts the UDP sockets that take queries on 127.0.0.1 port 53. Workers share
// the address by SO_REUSEPORT, so there is one for each worker; one that is on its way
// out may have connected its socket, which then takes no queries.
func (s *side) listeners() (int, error) {
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/net/udp", s.m.PID()))
	if err != nil {
		return 0, fmt.Errorf("cannot count the listeners: %w", err)
	}
	return strings.Count(string(text), ": 0100007F:0035 00000000:0000 "), nil
}

// resolve asks once for an A record, from a port of its own, and returns the address.
func (s *side) resolve(name string) (address string, err error) {
	q := new(dns.Msg).SetQuestion(name, dns.TypeA)
	client := dns.Client{Timeout: time.Second}
	err = s.m.InNetNS(func() error {
		in, _, err := client.Exchange(q, "127.0.0.1:53")
		if err != nil {
			return err
		}
		for _, record := range in.Answer {
			if a, ok := record.(*dns.A); ok {
				address = a.A.String()
			}
		}
		return nil
	})
	return address, err
}

// until calls f until it is true.
func (s *side) until(ctx context.Context, what string, f func() (bool, error)) error {
	for end := time.Now().Add(probeTimeout); ; time.Sleep(probePause) {
		ok, err := f()
		if err != nil || ok {
			return err
		}
		if err := ctx.Err(); err != nil {
			return err
		}
		if time.Now().After(end) {
			return fmt.Errorf("not so after %v: %s", probeTimeout, what)
		}
	}
}
