package main

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/smtp"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// mailServer is a real Postfix, of its own configuration and queue, that receives on
// a port of loopback and delivers to mailboxes in a folder.
type mailServer struct {
	t    *testing.T
	dir  string
	addr string
}

// mainCF is the configuration. What it says of a policy server is what the doc of
// this program says, with no clients let in before.
const mainCF = `compatibility_level = 3.6
queue_directory = %[1]s/queue
data_directory = %[1]s/data
maillog_file = %[1]s/maillog
maillog_file_prefixes = %[1]s
myhostname = here.example
mydestination =
mynetworks =
alias_maps =
alias_database =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtpd_peername_lookup = no
smtp_dns_support_level = disabled
default_transport = error:no mail leaves this test
virtual_mailbox_domains = here.example
virtual_mailbox_base = %[1]s/mail
virtual_mailbox_maps = static:inbox
virtual_uid_maps = static:%[2]s
virtual_gid_maps = static:%[3]s
virtual_minimum_uid = 1
smtpd_recipient_restrictions = reject_unauth_destination, check_policy_service %[4]s
`

const masterCF = `%[1]s inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
error unix - - n - - error
retry unix - - n - - error
virtual unix - n n - - virtual
postlog unix-dgram n - n - 1 postlogd
showq unix n - n - - showq
flush unix n - n 1000? 0 flush
`

// startPostfix runs Postfix until the test ends, with a policy server such as
// inet:127.0.0.1:10040.
func startPostfix(t *testing.T, policy string) *mailServer {
	t.Helper()
	command := needPostfix(t)
	p := &mailServer{t: t, dir: postfixDir(t), addr: freePort(t)}
	config := filepath.Join(p.dir, "config")
	p.write("config/main.cf", fmt.Sprintf(mainCF, p.dir, nobody, nobody, policy))
	p.write("config/master.cf", fmt.Sprintf(masterCF, p.addr))

	control := func(verb string) error {
		out, err := os.OpenFile(filepath.Join(p.dir, "output"), os.O_CREATE|os.O_APPEND|os.O_WRONLY, 0o600)
		if err != nil {
			return err
		}
		defer out.Close()
		// It writes to a file: of a pipe, its daemons would keep the end open.
		cmd := exec.Command(command, "-c", config, verb)
		cmd.Stdout, cmd.Stderr = out, out
		return cmd.Run()
	}
	t.Cleanup(func() {
		if err := control("stop"); err != nil {
			t.Errorf("stop Postfix: %v", err)
		}
		if t.Failed() {
			t.Logf("Postfix says:\n%s%s", p.read("output"), p.read("maillog"))
		}
	})
	if err := control("start"); err != nil {
		t.Fatalf("start Postfix: %v", err)
	}
	return p
}

// needPostfix returns the path of the command, or skips the test.
func needPostfix(t *testing.T) string {
	t.Helper()
	command, err := exec.LookPath("postfix")
	if err != nil {
		t.Skip("there is no Postfix server in the path")
	}
	if os.Geteuid() != 0 {
		t.Skip("a Postfix server can be started by root only")
	}
	return command
}

// nobody is the id of the user and group that mailboxes belong to: any but root's.
const nobody = "65534"

// postfixDir makes the folders. They can be reached by the users that Postfix runs
// as, which those of t.TempDir cannot.
func postfixDir(t *testing.T) string {
	t.Helper()
	needPostfix(t)
	dir, err := os.MkdirTemp("", "ostraka-postfix-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	owner, err := exec.Command("id", "-u", "postfix").Output()
	if err != nil {
		t.Fatal(err)
	}
	for name, uid := range map[string]string{".": "0", "config": "0", "queue": "0", "data": strings.TrimSpace(string(owner)), "mail": nobody} {
		id, err := strconv.Atoi(uid)
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(dir, name)
		if err := errors.Join(os.MkdirAll(path, 0o755), os.Chmod(path, 0o755), os.Chown(path, id, -1)); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// freePort returns an address of loopback on which nobody listens.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

func (p *mailServer) write(name, text string) {
	p.t.Helper()
	if err := os.WriteFile(filepath.Join(p.dir, name), []byte(text), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

func (p *mailServer) read(name string) string {
	text, err := os.ReadFile(filepath.Join(p.dir, name))
	if err != nil {
		return err.Error()
	}
	return string(text)
}

// send sends a message from a client at an address of loopback. The error is that
// of the server at the RCPT command, or nil if it took the message.
func (p *mailServer) send(client, helo, sender, recipient, body string) error {
	p.t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(client)}, Timeout: waitFor}
	conn, err := d.DialContext(p.t.Context(), "tcp", p.addr)
	if err != nil {
		p.t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(waitFor)); err != nil {
		p.t.Fatal(err)
	}
	c, err := smtp.NewClient(conn, "here.example")
	if err != nil {
		p.t.Fatal(err)
	}
	if err := errors.Join(c.Hello(helo), c.Mail(sender)); err != nil {
		p.t.Fatalf("before RCPT: %v", err)
	}
	if err := c.Rcpt(recipient); err != nil {
		return err
	}
	w, err := c.Data()
	if err != nil {
		p.t.Fatalf("after RCPT: %v", err)
	}
	if _, err := fmt.Fprintf(w, "From: <%s>\r\nTo: <%s>\r\nSubject: test\r\n\r\n%s\r\n", sender, recipient, body); err != nil {
		p.t.Fatal(err)
	}
	if err := errors.Join(w.Close(), c.Quit()); err != nil {
		p.t.Fatalf("after RCPT: %v", err)
	}
	return nil
}

// wantFile waits for a file below a folder that has the text, and returns what the
// file holds.
func (p *mailServer) wantFile(folder, text string) string {
	p.t.Helper()
	for began := time.Now(); time.Since(began) < waitFor; time.Sleep(20 * time.Millisecond) {
		if found := p.find(folder, text); found != "" {
			return found
		}
	}
	p.t.Fatalf("nothing in %s has %q", folder, text)
	return ""
}

func (p *mailServer) find(folder, text string) (found string) {
	_ = filepath.WalkDir(filepath.Join(p.dir, folder), func(path string, e fs.DirEntry, err error) error {
		if err != nil || !e.Type().IsRegular() {
			return nil // Postfix moves files about
		}
		if content, err := os.ReadFile(path); err == nil && bytes.Contains(content, []byte(text)) {
			found = string(content)
		}
		return nil
	})
	return found
}
