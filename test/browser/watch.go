// SPDX-License-Identifier: Apache-2.0

package browser

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/chromedp/cdproto/audits"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// watch has everything noted that no page may have.
func (p *Page) watch() error {
	if err := chromedp.Listen(p.ctx, p.note); err != nil {
		return err
	}
	for _, enable := range []cdp.Command[cdp.Empty, cdp.Empty]{audits.Enable} {
		if _, err := chromedp.Call(p.ctx, enable, cdp.Empty{}); err != nil {
			return err
		}
	}
	_, err := chromedp.Call(p.ctx, network.Enable, network.EnableParams{})
	return err
}

// note keeps what an event says is wrong.
func (p *Page) note(event any) {
	switch e := event.(type) {
	case *audits.EventIssueAdded:
		if d := e.Issue.Details; d != nil && d.ContentSecurityPolicyIssueDetails != nil {
			c := d.ContentSecurityPolicyIssueDetails
			p.trouble("", "CSP: %s: %s %s", c.ViolatedDirective, c.ContentSecurityPolicyViolationType, c.BlockedURL)
		}
	case *log.EventEntryAdded:
		// That a request was refused, or found no server, is an answer to the page.
		if e.Entry.Source != log.EntrySourceNetwork && (e.Entry.Level == log.EntryLevelError || e.Entry.Level == log.EntryLevelWarning) {
			p.trouble(e.Entry.URL, "log: %s: %s (%s:%d)", e.Entry.Source, e.Entry.Text, e.Entry.URL, e.Entry.LineNumber)
		}
	case *runtime.EventExceptionThrown:
		p.trouble(source(e.ExceptionDetails.URL, e.ExceptionDetails.StackTrace), "exception: %v", thrown(e.ExceptionDetails))
	case *runtime.EventConsoleAPICalled:
		if e.Type != runtime.ConsoleAPICalledTypeError && e.Type != runtime.ConsoleAPICalledTypeWarning && e.Type != runtime.ConsoleAPICalledTypeAssert {
			return
		}
		var words []string
		for _, a := range e.Args {
			words = append(words, strings.TrimSpace(a.Description+" "+string(a.Value)))
		}
		p.trouble(source("", e.StackTrace), "console: %s", strings.Join(words, " "))
	case *page.EventJavascriptDialogOpening:
		p.trouble("", "dialog: %s", e.Message)
		go func() { // it holds the page up, and we are called by what would handle it
			ctx := context.WithoutCancel(p.ctx)
			_, _ = chromedp.Call(ctx, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{Accept: true})
		}()
	case *network.EventRequestWillBeSent:
		p.asked(e.Request.URL, e.DocumentURL)
	}
}

// asked notes a request to another server than that of the document it is for, which must be
// one that the test has opened.
func (p *Page) asked(url, document string) {
	if strings.HasPrefix(url, "data:") || strings.HasPrefix(url, "blob:") {
		return
	}
	p.mu.Lock()
	opened := slices.Contains(p.origins, originOf(document))
	p.mu.Unlock()
	if !opened || originOf(url) != originOf(document) {
		p.trouble("", "request to another server: %s", url)
	}
}

// source is the address of the script that did something, or "" where it is not known.
func source(url string, trace *runtime.StackTrace) string {
	if url == "" && trace != nil && len(trace.CallFrames) > 0 {
		url = trace.CallFrames[0].URL
	}
	return url
}

// trouble keeps what a script has done, unless it is one to which no heed is paid.
func (s *seen) trouble(script, format string, args ...any) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if script != "" && !strings.Contains(script, s.scope) {
		return
	}
	s.troubles = append(s.troubles, fmt.Sprintf(format, args...))
}

// Troubles returns what the page has seen so far that no page may have, and forgets it.
func (s *seen) Troubles() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := s.troubles
	s.troubles = nil
	return all
}

// judge fails the test for what no page may have.
func (p *Page) judge() {
	// What was sent before this answer has been noted when it is here.
	_ = p.eval("1", 0, new(int))
	all := p.Troubles()
	slices.Sort(all)
	for _, trouble := range slices.Compact(all) {
		p.t.Errorf("the page has %s", trouble)
	}
}
