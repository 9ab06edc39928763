//go:build unix

package readme

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// pageTime is the longest that the commands of a page may take.
const pageTime = 5 * time.Minute

// groupTime is the longest that programs may take to stop.
const groupTime = 15 * time.Second

// ranElsewhere are commands of a page that are the check itself.
var ranElsewhere = []string{"go test ./... ./examples/...", "go test ./pgstore/...", "go build ./... ./examples/...", ".ci/run"}

// command is one command of a page, of one line or more.
type command struct {
	at   string // document:line
	text string

	exit   int    // the status it ends with
	http   string // the status of the answer that it gets; empty: it asks nobody
	piece  string // of what it prints
	listen string // where it serves, HOST:PORT; empty: it ends by itself
}

var (
	trailing   = regexp.MustCompile(`(?:^|\s)# (.+)$`)
	wantExit   = regexp.MustCompile(`^exit (\d+)(?:[ :].*)?$`)
	wantHTTP   = regexp.MustCompile(`^(\d{3})(?: (.+))?$`)
	wantPiece  = regexp.MustCompile(`^prints (.+)$`)
	wantListen = regexp.MustCompile(`^serves (?:http://)?(127\.0\.0\.1:\d+)`)
)

// commandsOf splits a block into its commands.
func commandsOf(b block) (commands []command) {
	var lines []string
	for i, line := range strings.Split(strings.TrimSuffix(b.text, "\n"), "\n") {
		if len(lines) == 0 && (strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#")) {
			continue
		}
		lines = append(lines, line)
		text := strings.Join(lines, "\n")
		if unfinished(text) {
			continue
		}
		c := command{at: fmt.Sprintf("%s:%d", b.document, b.line+i), text: text}
		if m := trailing.FindStringSubmatch(line); m != nil {
			c.expect(m[1])
		}
		commands = append(commands, c)
		lines = nil
	}
	if lines != nil {
		commands = append(commands, command{at: b.String(), text: strings.Join(lines, "\n")})
	}
	return commands
}

// unfinished reports whether the shell would read on: within quotes, or after what
// joins lines.
func unfinished(text string) bool {
	var quote rune
	comment, escaped, before := false, false, ' '
	for _, c := range text {
		switch {
		case comment:
			comment = c != '\n'
		case escaped:
			escaped = false
		case c == '\\' && quote != '\'':
			escaped = true
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '\'' || c == '"':
			quote = c
		case c == '#' && (before == ' ' || before == '\n'):
			comment = true
		}
		before = c
	}
	text = strings.TrimRight(trailing.ReplaceAllString(text, ""), " ")
	return quote != 0 || strings.HasSuffix(text, `\`) || strings.HasSuffix(text, "|") || strings.HasSuffix(text, "&&")
}

func (c *command) expect(comment string) {
	if m := wantExit.FindStringSubmatch(comment); m != nil {
		c.exit, _ = strconv.Atoi(m[1])
	} else if m := wantHTTP.FindStringSubmatch(comment); m != nil {
		c.http, c.piece = m[1], m[2]
	} else if m := wantPiece.FindStringSubmatch(comment); m != nil {
		c.piece = m[1]
	} else if m := wantListen.FindStringSubmatch(comment); m != nil {
		c.listen = m[1]
	}
}

// TestCommandsDoWhatTheySay runs the commands of each page in a folder of its own.
func TestCommandsDoWhatTheySay(t *testing.T) {
	if testing.Short() {
		t.Skip("runs programs")
	}
	for _, tool := range []string{"bash", "curl"} {
		if _, err := exec.LookPath(tool); err != nil {
			t.Skipf("commands, and requests to a server, are made with %s: %v", tool, err)
		}
	}
	for _, d := range documents(t) {
		var commands []command
		for _, b := range readBlocks(t, d) {
			if b.language == "sh" && b.notRun == "" {
				commands = append(commands, commandsOf(b)...)
			}
		}
		if len(commands) == 0 {
			continue
		}
		t.Run(pageOf(d), func(t *testing.T) {
			t.Parallel()
			if wantsServer(commands) && !hasServer() {
				t.Skip("its commands want a PostgreSQL server, and none is installed")
			}
			for _, fault := range runCommands(t, commands) {
				t.Error(fault)
			}
		})
	}
}

// wantsServer reports whether commands start a PostgreSQL server.
func wantsServer(commands []command) bool {
	return slices.ContainsFunc(commands, func(c command) bool {
		return strings.Contains(c.text, "./examples/postgres") || strings.Contains(c.text, "./examples/cluster")
	})
}

// hasServer reports whether those programs find one: where PG_BIN says, where
// Debian's packages have theirs, or in the PATH.
func hasServer() bool {
	for _, pattern := range []string{os.Getenv("PG_BIN") + "/initdb", "/usr/lib/postgresql/*/bin/initdb"} {
		if found, err := filepath.Glob(pattern); err == nil && len(found) > 0 {
			return true
		}
	}
	_, err := exec.LookPath("initdb")
	return err == nil
}

func TestCommandThatBreaksItsWordIsFound(t *testing.T) {
	if testing.Short() {
		t.Skip("runs programs")
	}
	if _, err := exec.LookPath("bash"); err != nil {
		t.Skipf("commands are run with bash: %v", err)
	}
	for text, faulty := range map[string]bool{
		"true":                                     false,
		"false":                                    true,
		"false                # exit 1":            false,
		"(exit 3)             # exit 2":            true,
		"echo hello           # prints hello":      false,
		"echo hello           # prints world":      true,
		"test -f left.over":                        true,
		"a='1\n2'\ntest \"$a\" = '1\n2'":           false,
		"echo a |\n  grep b":                       true,
		"echo it # is only said":                   false,
		"curl() { printf 404 >&2; }\ncurl x # 200": true,
	} {
		commands := commandsOf(block{document: "page.md", line: 1, text: text + "\n"})
		if faults := runCommands(t, commands); (len(faults) > 0) != faulty {
			t.Errorf("%s: %q, want faults: %t", text, faults, faulty)
		}
	}
}

// prelude defines what the script of a page uses.
const prelude = `set -u
await() {
	for _ in {1..1200}; do
		(exec 3<>"/dev/tcp/${1%:*}/${1#*:}") 2>/dev/null && return 0
		kill -0 "$2" 2>/dev/null || return 1
		sleep 0.1
	done
	return 1
}
curl() { command curl -sS --max-time 30 -w '%{stderr}\n%{http_code}\n' "$@"; }
`

// runCommands runs the commands of a page as a script, and returns what is not as
// they say.
func runCommands(t *testing.T, commands []command) (faults []string) {
	t.Helper()
	project, err := filepath.Abs(root)
	if err != nil {
		t.Fatal(err)
	}
	results := t.TempDir()
	ctx, cancel := context.WithTimeout(t.Context(), pageTime)
	defer cancel()
	cmd := exec.CommandContext(ctx, "bash", "-c", script(t, commands, results))
	cmd.Dir = t.TempDir()
	// All that the page starts is one process group, which ends with it.
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return endGroup(cmd.Process.Pid) }
	cmd.WaitDelay = 2 * groupTime
	cmd.Env = append(os.Environ(), "GOWORK="+filepath.Join(project, "go.work"))
	if out, err := cmd.CombinedOutput(); err != nil {
		faults = append(faults, fmt.Sprintf("bash: %v\n%s", err, out))
	}
	if err := endGroup(cmd.Process.Pid); err != nil {
		faults = append(faults, err.Error())
	}
	faults = append(faults, leftBehind(t, cmd.Dir)...)
	for i, c := range commands {
		read := func(kind string) string {
			text, err := os.ReadFile(filepath.Join(results, fmt.Sprintf("%d.%s", i, kind)))
			if err != nil {
				return ""
			}
			return string(text)
		}
		stdout, stderr := read("out"), read("err")
		if fault := c.judge(strings.TrimSpace(read("status")), stdout, stderr); fault != "" {
			faults = append(faults, fmt.Sprintf("%s: %s\n%s\n%.4000s%.4000s", c.at, fault, c.text, stdout, stderr))
		}
	}
	return faults
}

// leftBehind returns the files in a folder that git would not ignore in a clone:
// whoever tries a page there does not want to commit them.
func leftBehind(t *testing.T, dir string) (faults []string) {
	t.Helper()
	if _, err := os.Stat(filepath.Join(root, ".git")); err != nil {
		return nil
	}
	files, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		name := f.Name()
		if f.IsDir() {
			name += "/"
		}
		check := exec.CommandContext(t.Context(), "git", "check-ignore", "--quiet", "--no-index", name)
		check.Dir = root
		if err := check.Run(); err != nil {
			faults = append(faults, fmt.Sprintf("%s is left behind, and not in .gitignore: %v", name, err))
		}
	}
	return faults
}

// endGroup tells the processes of a group to stop, and waits until they have.
func endGroup(group int) error {
	for end := time.Now().Add(groupTime); time.Now().Before(end); time.Sleep(20 * time.Millisecond) {
		if err := syscall.Kill(-group, syscall.SIGTERM); errors.Is(err, syscall.ESRCH) {
			return nil
		}
	}
	_ = syscall.Kill(-group, syscall.SIGKILL)
	return errors.New("a command goes on after it was told to stop")
}

var lastStatus = regexp.MustCompile(`(?m)^(\d{3})\s*\z`)

// judge says what is not as the command promises; empty: all is.
func (c command) judge(status, stdout, stderr string) string {
	if slices.Contains(ranElsewhere, withoutComment(c.text)) {
		return ""
	}
	if status != strconv.Itoa(c.exit) {
		return fmt.Sprintf("exit status %q, want %d", status, c.exit)
	}
	if c.http != "" {
		m := lastStatus.FindStringSubmatch(stderr)
		if m == nil || m[1] != c.http {
			return fmt.Sprintf("answer %v, want %s", m, c.http)
		}
	}
	if c.piece != "" && !strings.Contains(stdout+stderr, c.piece) {
		return fmt.Sprintf("does not print %s", c.piece)
	}
	return ""
}

var loopback = regexp.MustCompile(`127\.0\.0\.1[:/](\d{4,5})\b`)

// script returns what bash runs: each command, with its output and status in files
// that its number names. Servers listen on ports that are free, and programs of the
// project are named by their import path, since the folder is another one.
func script(t *testing.T, commands []command, results string) string {
	t.Helper()
	module, _ := modulePath(t)
	var b strings.Builder
	b.WriteString(prelude)
	ports := make(map[string]string)
	moved := func(text string) string {
		return loopback.ReplaceAllStringFunc(text, func(at string) string {
			port := at[len("127.0.0.1:"):]
			if ports[port] == "" {
				ports[port] = freePort(t)
			}
			return at[:len("127.0.0.1:")] + ports[port]
		})
	}
	for i, c := range commands {
		if slices.Contains(ranElsewhere, withoutComment(c.text)) {
			continue
		}
		text := strings.ReplaceAll(moved(c.text), " ./examples/", " "+module+"/examples/")
		file := filepath.Join(results, strconv.Itoa(i))
		if c.listen != "" {
			fmt.Fprintf(&b, "{ %s\n} >%s.out 2>%[2]s.err &\nawait %s $!\necho $? >%[2]s.status\n", text, file, moved(c.listen))
			continue
		}
		fmt.Fprintf(&b, "{ %s\n} >%s.out 2>%[2]s.err\necho $? >%[2]s.status\n", text, file)
	}
	b.WriteString("exit 0\n")
	return b.String()
}

func withoutComment(text string) string {
	return strings.TrimSpace(trailing.ReplaceAllString(text, ""))
}

func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}
