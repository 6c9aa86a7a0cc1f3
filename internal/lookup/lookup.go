// SPDX-License-Identifier: Apache-2.0

// Package lookup asks a resolver over DNS, as its clients do. How the answer is laid out
// is for others.
package lookup

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/miekg/dns"

	"kresd-manager/units"
)

// Address is that of a resolver, with its port.
type Address = netip.AddrPort

// Question is what to ask, and how.
type Question struct {
	Name, Type string
	// Server is the resolver, with its port.
	Server Address
	// Protocol is "udp", which goes on over TCP where the answer is too long, "tcp", or
	// "tls" or "https", of which the certificate is not judged.
	Protocol string
	// DNSSEC asks for signatures.
	DNSSEC bool
	// CheckingDisabled asks for the answer whether or not DNSSEC refuses it.
	CheckingDisabled bool
	// Timeout is for each of several tries.
	Timeout time.Duration
}

// Answer is what a client gets.
type Answer struct {
	Server   string                `json:"server"`
	Protocol string                `json:"protocol"`
	Name     string                `json:"name"`
	Type     string                `json:"type"`
	RCode    string                `json:"rcode"`
	Flags    []string              `json:"flags"`
	Errors   []units.ExtendedError `json:"extended-errors"`
	Answer   []string              `json:"answer"`
	// Authority is of use where there is no answer.
	Authority []string      `json:"authority"`
	Took      units.Seconds `json:"took"`
	Bytes     int           `json:"bytes"`
}

// NameError is a name or a type that cannot be asked for.
type NameError struct{ problem string }

func (e *NameError) Error() string { return e.problem }

// NoAnswerError tells that no answer came.
type NoAnswerError struct {
	Server, Protocol string
	Tries            int
	Err              error
}

func (e *NoAnswerError) Error() string {
	why := "the answer cannot be read: " + e.Err.Error()
	var timeout net.Error
	var op *net.OpError
	switch {
	case errors.As(e.Err, &timeout) && timeout.Timeout():
		why = fmt.Sprintf("no answer came to %d queries", e.Tries)
		if e.Tries == 1 {
			why = "no answer came in time"
		}
	case errors.As(e.Err, &op):
		why = op.Err.Error()
		if call := errors.Unwrap(op.Err); call != nil {
			why = call.Error()
		}
	}
	return fmt.Sprintf("%s does not answer over %s: %s", e.Server, strings.ToUpper(e.Protocol), why)
}

// Unwrap gives the reason as the system has it.
func (e *NoAnswerError) Unwrap() error { return e.Err }

// tries over UDP, where a packet may get lost.
const tries = 2

// Ask asks. Errors are *[NameError] and *[NoAnswerError].
func Ask(ctx context.Context, q Question) (Answer, error) {
	m, err := q.message()
	if err != nil {
		return Answer{}, err
	}
	name := written(q.Server)
	protocol, n := q.Protocol, 1
	if protocol == "udp" {
		n = tries
	}
	var in *dns.Msg
	var took time.Duration
	for range n {
		if in, took, err = q.exchange(ctx, m, protocol); err == nil || ctx.Err() != nil {
			break
		}
	}
	if err == nil && in.Truncated && protocol == "udp" {
		protocol, n = "tcp", 1
		in, took, err = q.exchange(ctx, m, protocol)
	}
	if err != nil {
		return Answer{}, &NoAnswerError{name, protocol, n, err}
	}
	return answer(q, m, in, name, protocol, took), nil
}

func (q Question) message() (*dns.Msg, error) {
	kind, known := dns.StringToType[strings.ToUpper(q.Type)]
	if !known {
		return nil, &NameError{fmt.Sprintf("there is no record type %q", q.Type)}
	}
	if _, valid := dns.IsDomainName(q.Name); !valid || q.Name == "" {
		return nil, &NameError{fmt.Sprintf("%q is no domain name", q.Name)}
	}
	m := new(dns.Msg).SetQuestion(dns.Fqdn(q.Name), kind)
	m.SetEdns0(1232, q.DNSSEC)
	m.AuthenticatedData = true // RFC 6840 section 5.7: the answer tells whether it is validated
	m.CheckingDisabled = q.CheckingDisabled
	return m, nil
}

func (q Question) exchange(ctx context.Context, m *dns.Msg, protocol string) (*dns.Msg, time.Duration, error) {
	if protocol == "https" {
		return q.overHTTPS(ctx, m)
	}
	network := map[string]string{"udp": "udp", "tcp": "tcp", "tls": "tcp-tls"}[protocol]
	c := dns.Client{Net: network, Timeout: q.Timeout}
	if protocol == "tls" {
		// The question is whether it answers; it is nobody's secret.
		c.TLSConfig = &tls.Config{InsecureSkipVerify: true, MinVersion: tls.VersionTLS12}
	}
	return c.ExchangeContext(ctx, m, q.Server.String())
}

func answer(q Question, m, in *dns.Msg, server, protocol string, took time.Duration) Answer {
	a := Answer{
		Server: server, Protocol: protocol, Name: m.Question[0].Name, Type: strings.ToUpper(q.Type), RCode: units.RCodeName(in.Rcode),
		Flags: []string{}, Errors: []units.ExtendedError{}, Took: units.Seconds(took), Bytes: in.Len(),
		Answer: records(in.Answer), Authority: records(in.Ns),
	}
	for _, f := range []struct {
		set  bool
		name string
	}{{in.Authoritative, "aa"}, {in.Truncated, "tc"}, {in.RecursionDesired, "rd"}, {in.RecursionAvailable, "ra"}, {in.AuthenticatedData, "ad"}, {in.CheckingDisabled, "cd"}} {
		if f.set {
			a.Flags = append(a.Flags, f.name)
		}
	}
	if opt := in.IsEdns0(); opt != nil {
		for _, o := range opt.Option {
			if ede, ok := o.(*dns.EDNS0_EDE); ok {
				code := int(ede.InfoCode)
				a.Errors = append(a.Errors, units.ExtendedError{Code: code, Meaning: units.ExtendedErrorMeaning(code), Text: ede.ExtraText})
			}
		}
	}
	return a
}

// records writes records as lines of a zone file.
func records(all []dns.RR) []string {
	lines := []string{}
	for _, rr := range all {
		lines = append(lines, strings.Join(strings.Split(rr.String(), "\t"), " "))
	}
	return lines
}

// Secure reports whether the resolver says that DNSSEC has validated the answer.
func (a Answer) Secure() bool { return slices.Contains(a.Flags, "ad") }

// written writes an address as the configuration does, with @.
func written(a Address) string { return fmt.Sprintf("%s@%d", a.Addr(), a.Port()) }
