// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"errors"
	"time"

	"github.com/spf13/cobra"

	"kresd-manager/internal/client"
	"kresd-manager/internal/lookup"
	"kresd-manager/internal/present"
)

func (a *app) queryCommand() *cobra.Command {
	var server string
	var tcp, tls, https bool
	q := lookup.Question{Protocol: "udp"}
	cmd := &cobra.Command{
		Use:   "query [--server ADDRESS] [--tcp | --tls | --https] [--dnssec] [--cd] [--timeout TIME] [--json] NAME [TYPE]",
		Short: "ask the resolver for a name, as a client does",
		Long: `Ask the resolver for records of NAME, as a client does, and print the answer:
the code, whether DNSSEC validated it, the time, the reason for an error in
words (RFC 8914), and the records. TYPE is A unless you name one.

The question goes to the first address of /network/listen of the running
configuration, or to --server. kresctl trace shows how a worker resolves a name.
For DNS over QUIC use kdig +quic.

Exit status: 0 the answer is NOERROR or NXDOMAIN; 1 there is no answer, or it
has another code.`,
		Example: `  kresctl query example.com AAAA
  kresctl query --tls --dnssec example.com`,
		Args: nameAndType,
		RunE: func(cmd *cobra.Command, args []string) error {
			q.Name, q.Type = args[0], "A"
			if len(args) > 1 {
				q.Type = args[1]
			}
			switch {
			case tcp && tls, tcp && https, tls && https:
				return usage(cmd, "--tcp, --tls and --https cannot be combined")
			case tcp:
				q.Protocol = "tcp"
			case tls:
				q.Protocol = "tls"
			case https:
				q.Protocol = "https"
			}
			var err error
			if q.Server, err = a.serverFor(cmd, server, q.Protocol); err != nil {
				return err
			}
			answer, err := lookup.Ask(cmd.Context(), q)
			var wrong *lookup.NameError
			if errors.As(err, &wrong) {
				return usage(cmd, "%v", err)
			}
			if err != nil {
				return err
			}
			if a.json {
				err = present.JSON(a.stdout, answer)
			} else {
				err = present.Query(a.stdout, answer)
			}
			if err == nil && answer.RCode != "NOERROR" && answer.RCode != "NXDOMAIN" {
				return statusError(exitFailed)
			}
			return err
		},
	}
	cmd.Flags().StringVar(&server, "server", "", "ask this `ADDRESS`, with @PORT or :PORT where it is not the usual one")
	cmd.Flags().BoolVar(&tcp, "tcp", false, "over TCP")
	cmd.Flags().BoolVar(&tls, "tls", false, "over TLS; the certificate is not judged")
	cmd.Flags().BoolVar(&https, "https", false, "over HTTPS, with HTTP/2; the certificate is not judged")
	cmd.Flags().BoolVar(&q.DNSSEC, "dnssec", false, "with signatures")
	cmd.Flags().BoolVar(&q.CheckingDisabled, "cd", false, "even if DNSSEC refuses the answer")
	cmd.Flags().DurationVar(&q.Timeout, "timeout", 5*time.Second, "how long each of two queries may take, a `TIME` such as 2s")
	hasJSON(cmd)
	return cmd
}

// nameAndType are the arguments of what asks for records.
func nameAndType(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return usage(cmd, "NAME is missing")
	}
	return atMost(2)(cmd, args)
}

// serverFor is the address to ask: the one that is named, else where the running
// configuration says that the resolver answers.
func (a *app) serverFor(cmd *cobra.Command, named, protocol string) (lookup.Address, error) {
	if named != "" {
		at, err := lookup.ParseServer(named, protocol)
		if err != nil {
			return at, usage(cmd, "--server: %v", err)
		}
		return at, nil
	}
	var at lookup.Address
	err := a.ask(cmd, func(ctx context.Context, c *client.Client) error {
		listen, _, err := c.Get(ctx, "/network/listen")
		if client.NoValue(err) {
			listen, err = nil, nil
		}
		if err == nil {
			at, err = lookup.Server(listen, protocol)
		}
		return err
	})
	return at, err
}
