// SPDX-License-Identifier: Apache-2.0

package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"kresd-manager/internal/client"
	"kresd-manager/internal/cmdline/program"
	"kresd-manager/internal/source"
	"kresd-manager/internal/token"
	"kresd-manager/internal/visible"
)

// app is what the commands share: streams and global flags. They print to these
// streams only (a test in test/layout holds them to it), so that nothing from a
// file or an answer steers the terminal.
type app struct {
	stdout, stderr *visible.Writer

	socket    string // -s
	tokenFile string
	tls       client.Encryption
	configs   []string // -c
	json      bool     // of the commands that have it, see hasJSON
	quiet     bool     // -q
	color     string
	verbose   bool // -v
	shown     bool // the plan of the change that follows has been printed

	files source.Reader
}

const defaultConfig = "/etc/knot-resolver/config.yaml"

func (a *app) root() *cobra.Command {
	root := &cobra.Command{
		Use:   "kresctl",
		Short: "control Knot Resolver",
		Long: `kresctl controls Knot Resolver through the HTTP interface of kresd-manager, and
works on configuration files without it: validate, convert, migrate, schema,
doctor and config explain.

Exit status: 0 done; 1 failed or refused; 2 wrong usage; 3 degraded (status
only); 4 the manager cannot be reached; 5 not permitted; 6 the running
configuration is not that of --if-match. It is the same for all commands but
check, diff and plan --exit-code.`,
		Version:       version,
		SilenceErrors: true, // run prints them
		SilenceUsage:  true,
		Args:          cobra.ArbitraryArgs, // so that RunE sees a wrong command
		RunE:          program.NeedsCommand,
	}
	root.SetIn(a.files.Stdin)
	root.SetOut(a.stdout)
	root.SetErr(a.stderr)
	root.SetVersionTemplate("kresctl {{.Version}}\n")
	root.Flags().BoolP("version", "V", false, "print the version")
	root.PersistentFlags().StringVarP(&a.socket, "socket", "s", "",
		"`PATH` of the manager's socket, HOST:PORT, or https://HOST:PORT")
	root.PersistentFlags().StringVar(&a.tokenFile, "token-file", "",
		"`FILE` with the token that gives you a role\n(default $KRESCTL_TOKEN, which is the token itself)")
	root.PersistentFlags().StringVar(&a.tls.Authority, "cacert", "",
		"`FILE` with the CA certificates to trust, PEM")
	root.PersistentFlags().StringVar(&a.tls.Certificate, "cert", "",
		"`FILE` with a client certificate, PEM; with --key")
	root.PersistentFlags().StringVar(&a.tls.Key, "key", "",
		"`FILE` with the key of that certificate, PEM")
	root.PersistentFlags().StringArrayVarP(&a.configs, "config", "c", nil,
		"configuration `FILE`, which names the socket unless -s does;\ncommands without FILE work on it; several are combined\n(default "+defaultConfig+")")
	root.PersistentFlags().BoolVar(&a.json, "json", false, "print JSON, with everything that is known")
	root.PersistentFlags().BoolVarP(&a.quiet, "quiet", "q", false, "print only errors and what you asked for")
	root.PersistentFlags().StringVar(&a.color, "color", "auto",
		"colours: `WHEN` is auto (on a terminal), always or never")
	root.PersistentPreRunE = a.checkFlags
	root.PersistentFlags().BoolVarP(&a.verbose, "verbose", "v", false, "show plans step by step, with hashes")
	root.SetFlagErrorFunc(program.FlagError)
	for _, g := range a.groups() {
		g.addTo(root)
	}
	root.SetHelpCommandGroupID(groupService)
	a.complete(root)
	return root
}

// ask connects to the manager and has something done with it.
func (a *app) ask(cmd *cobra.Command, do func(context.Context, *client.Client) error) error {
	c, err := a.connect()
	if err != nil {
		return err
	}
	defer c.Close()
	return do(cmd.Context(), c)
}

// connect returns a client of the manager that the flags mean.
func (a *app) connect() (*client.Client, error) {
	token, err := a.token()
	if err != nil {
		return nil, err
	}
	c, err := client.Find(&a.files, client.Where{
		Socket: a.socket, Files: a.configFiles(nil), Named: len(a.configs) > 0, Token: token != "", TLS: a.tls,
	})
	if err != nil {
		return nil, err
	}
	c.UseToken(token)
	return c, nil
}

// token is the token to send, "" for none.
func (a *app) token() (string, error) {
	if a.tokenFile == "" {
		return strings.TrimSpace(os.Getenv("KRESCTL_TOKEN")), nil
	}
	text, err := token.Read(a.tokenFile)
	if err != nil {
		return "", fmt.Errorf("cannot read the token: %w", err)
	}
	return text, nil
}

// configFiles is what a command without FILE is about: what the command line
// says, else the installed configuration. No manager is asked for it: whoever
// answers in its place must not choose what is read and written here.
func (a *app) configFiles(args []string) []string {
	switch {
	case len(args) > 0:
		return args
	case len(a.configs) > 0:
		return a.configs
	default:
		return []string{defaultConfig}
	}
}
