// Runs before anything else, and before the first paint. The build puts in the pages: pages.json, with each one's
// files. It stands outside of the modules, as a file of its own: the policy of the page allows no script inline.
(() => {
  // What the page at this address needs is asked for while the script that will need it is on its way.
  const pages = /* pages */ {};
  const [, area, id] = location.pathname.split('/');
  const page = pages[id ? `/${area}/:id` : `/${area}`];
  if (page && !location.search && (!id || /^[1-9]\d{0,15}$/.test(id))) {
    window.early = new Map();
    let headers = {};
    try {
      const token = sessionStorage.getItem('fualab-token') ?? localStorage.getItem('fualab-token');
      if (token) headers = { Authorization: `Bearer ${token}` };
    } catch {
      // Storage is off: nobody has signed in.
    }
    for (const read of page.reads) {
      const path = read.replace(':id', id);
      const answer = fetch(path, { headers });
      answer.catch(() => {}); // whoever takes it sees to that
      window.early.set(path, answer);
    }
  }
  for (const file of page?.files ?? []) {
    const link = document.createElement('link');
    link.rel = 'modulepreload';
    link.href = file;
    document.head.append(link);
  }

  try {
    const theme = localStorage.getItem('fualab-theme');
    if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
  } catch {
    // Storage is off: the system's theme it is.
  }
})();
