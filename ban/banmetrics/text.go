package banmetrics

import (
	"bufio"
	"io"
	"strconv"
	"strings"
)

// ContentType is that of [WriteText].
const ContentType = "text/plain; version=0.0.4; charset=utf-8"

// WriteText writes families in the text format of Prometheus, version 0.0.4
// (https://prometheus.io/docs/instrumenting/exposition_formats/). A family without
// samples is left out. The error is that of the writer.
func WriteText(w io.Writer, all []Family) error {
	b := bufio.NewWriter(w)
	for _, f := range all {
		if len(f.Samples) == 0 {
			continue
		}
		b.WriteString("# HELP " + f.Name + " " + helpEscaper.Replace(f.Help) + "\n")
		b.WriteString("# TYPE " + f.Name + " " + f.Type.String() + "\n")
		for _, s := range f.Samples {
			b.WriteString(f.Name)
			writeLabels(b, f.Labels, s.Labels)
			b.WriteString(" " + strconv.FormatFloat(s.Value, 'g', -1, 64) + "\n")
		}
	}
	return b.Flush()
}

var (
	helpEscaper  = strings.NewReplacer(`\`, `\\`, "\n", `\n`)
	labelEscaper = strings.NewReplacer(`\`, `\\`, "\n", `\n`, `"`, `\"`)
)

func writeLabels(b *bufio.Writer, names, values []string) {
	for i := range min(len(names), len(values)) {
		b.WriteByte("{,"[min(i, 1)])
		b.WriteString(names[i] + `="` + labelEscaper.Replace(values[i]) + `"`)
	}
	if len(names) > 0 && len(values) > 0 {
		b.WriteByte('}')
	}
}
