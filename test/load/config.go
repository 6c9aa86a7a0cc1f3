// SPDX-License-Identifier: Apache-2.0

package load

import (
	"errors"
	"fmt"
	"net/netip"
	"time"

	"github.com/miekg/dns"
)

// Upper bounds of a Config.
const (
	MaxQPS      = 100_000
	MaxDuration = time.Minute
)

// Mode is how queries travel.
type Mode string

// The modes: UDP from many ports, TCP and DNS over TLS with one connection per query.
const (
	UDP Mode = "udp"
	TCP Mode = "tcp"
	TLS Mode = "tls" // the server's certificate is not verified
)

// Config says what to send where.
type Config struct {
	// Enter runs a function in the network namespace of the server, as
	// machine.Machine.InNetNS does; nil means this process's own namespace.
	Enter func(func() error) error
	Mode  Mode   // UDP if empty
	Addr  string // address and port of the server; loopback only
	Name  string // of the A record to ask for
	// QPS is the number of queries sent per second.
	QPS int
	// Sources is the number of UDP sockets queries are sent from in turn, 64 if zero. The
	// kernel spreads queries over the members of a reuseport group by source port.
	Sources int
	// Duration is how long queries are sent.
	Duration time.Duration
	// Timeout is the age at which a query without an answer is lost, 5 s if zero.
	Timeout time.Duration
}

// target is the checked Config.
type target struct {
	Config
	addr  netip.AddrPort
	query []byte // with id 0
}

func (c Config) check() (*target, error) {
	if c.Mode == "" {
		c.Mode = UDP
	}
	if c.Sources == 0 {
		c.Sources = 64
	}
	if c.Timeout == 0 {
		c.Timeout = 5 * time.Second
	}
	if c.Enter == nil {
		c.Enter = func(f func() error) error { return f() }
	}
	addr, err := netip.ParseAddrPort(c.Addr)
	if err != nil {
		return nil, fmt.Errorf("cannot read the target's address: %w", err)
	}
	switch {
	case c.Mode != UDP && c.Mode != TCP && c.Mode != TLS:
		return nil, fmt.Errorf("cannot send load over %q: the modes are udp, tcp and tls", c.Mode)
	case !addr.Addr().IsLoopback():
		return nil, fmt.Errorf("cannot send load to %s: only loopback is allowed", addr)
	case c.QPS < 1 || c.QPS > MaxQPS:
		return nil, fmt.Errorf("cannot send %d queries per second: 1 to %d are allowed", c.QPS, MaxQPS)
	case c.Duration <= 0 || c.Duration > MaxDuration:
		return nil, fmt.Errorf("cannot send load for %v: the limit is %v", c.Duration, MaxDuration)
	case c.Timeout < 0 || c.Timeout > MaxDuration:
		return nil, fmt.Errorf("cannot wait %v for an answer: the limit is %v", c.Timeout, MaxDuration)
	case c.Sources < 1 || c.Sources > 1024:
		return nil, fmt.Errorf("cannot send from %d sockets: 1 to 1024 are allowed", c.Sources)
	case c.Mode == UDP && float64(c.QPS)/float64(c.Sources)*c.Timeout.Seconds() > 60_000:
		return nil, errors.New("cannot tell so many queries apart by their 16-bit ids: use more sources or a shorter timeout")
	}
	query, err := new(dns.Msg).SetQuestion(dns.Fqdn(c.Name), dns.TypeA).Pack()
	if err != nil {
		return nil, fmt.Errorf("cannot ask for %q: %w", c.Name, err)
	}
	query[0], query[1] = 0, 0
	return &target{Config: c, addr: addr, query: query}, nil
}

// rightAnswer tells whether a message answers the query successfully: the same question,
// and the response code NOERROR (RFC 1035, section 4.1.1). The id is the caller's business.
func (t *target) rightAnswer(message []byte) bool {
	const header = 12
	return len(message) >= len(t.query) && message[2]&0x80 != 0 && message[3]&0x0f == dns.RcodeSuccess &&
		string(message[header:len(t.query)]) == string(t.query[header:])
}
