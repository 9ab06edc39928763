package console

func stub(name string) func(*request) (answer, error) {
	return func(*request) (answer, error) { return answer{template: name, title: upperFirst(name)}, nil }
}
func overviewPage() page {
	return page{name: "Overview", has: func(p *Parts) bool { return p.Bans != nil }, routes: []route{get("/{$}", stub("overview"))}}
}
