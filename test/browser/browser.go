// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"context"
	"fmt"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/chromedp/chromedp"

	"kresd-manager/test/machine"
)

// Packages are those that the tree of a machine needs for a browser.
var Packages = []string{"chromium-headless-shell"}

// user is whom the browser runs as inside.
const user = "viewer"

// Browser is a running Chromium. Its methods are safe for concurrent use.
type Browser struct {
	ctx   context.Context // of the browser
	close func()
}

// Start starts a browser inside a machine whose tree has [Packages]. It takes certificates
// with these public keys for good, each the SHA-256 of it in base64 as RFC 7469 section 2.4 has
// it, and looks at all others as usual. Close ends it.
func Start(m *machine.Machine, trusted ...string) (*Browser, error) {
	ctx := context.Background()
	if r := m.Sh(ctx, "id "+user+" >/dev/null 2>&1 || useradd --create-home "+user); r.Code != 0 {
		return nil, fmt.Errorf("cannot make a user for the browser: %s", r.Stderr)
	}
	program, err := exec.LookPath("nsenter")
	if err != nil {
		return nil, fmt.Errorf("cannot find nsenter on this host: install util-linux: %w", err)
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(program), // replaced below
		chromedp.NoInheritEnv,
		chromedp.UserDataDir("/home/"+user+"/profile"),
		// Its sandbox would need a namespace inside a namespace; it sees our own pages only.
		chromedp.NoSandbox,
		chromedp.DisableGPU,
		chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true),
		chromedp.Flag("no-proxy-server", true),
		chromedp.Flag("hide-scrollbars", false),
		chromedp.Flag("lang", "en-US"),
		chromedp.Flag("ignore-certificate-errors-spki-list", strings.Join(trusted, ",")),
		chromedp.ModifyCmdFunc(func(cmd *exec.Cmd) {
			inside := m.Command(ctx, machine.Cmd{User: user, Args: append([]string{"chromium-headless-shell"}, cmd.Args[1:]...)})
			cmd.Path, cmd.Args, cmd.Err, cmd.Env, cmd.SysProcAttr = inside.Path, inside.Args, inside.Err, inside.Env, inside.SysProcAttr
			// It is a child of nsenter: both end together, and with this process.
			cmd.SysProcAttr.Setpgid = true
			cmd.SysProcAttr.Pdeathsig = syscall.SIGKILL
			cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
		}))
	allocated, free := chromedp.NewExecAllocator(ctx, options...)
	running, end := chromedp.NewContext(allocated)
	b := &Browser{ctx: running, close: sync.OnceFunc(func() { end(); free() })}
	if err := chromedp.Do(running); err != nil {
		b.close()
		return nil, fmt.Errorf("cannot start Chromium in the machine %s: %w", m.Name(), err)
	}
	return b, nil
}

// Close ends the browser and all of its pages.
func (b *Browser) Close() { b.close() }

// Page opens an empty page that shares no cookie with others, until the test ends. Then it
// fails the test for what it has seen that no page may have.
func (b *Browser) Page(t *testing.T) *Page {
	t.Helper()
	ctx, end := chromedp.NewContext(b.ctx, chromedp.WithNewBrowserContext())
	p := &Page{t: t, ctx: ctx, seen: new(seen)}
	t.Cleanup(func() {
		p.judge()
		end()
	})
	if err := p.watch(); err != nil {
		t.Fatalf("cannot open a page: %v", err)
	}
	p.Size(1280, 900)
	return p
}
