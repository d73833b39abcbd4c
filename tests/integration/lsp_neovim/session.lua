-- A session in a headless Neovim (0.7 or newer): open, read the diagnostics, type an unsafe call, take the quick fix,
-- suppress another finding under a new threat, give the threat an owner.
-- Prints one line of JSON for each state, behind `STATE `.
local file, root = vim.env.FILE, vim.env.ROOT
vim.defer_fn(function() vim.cmd("cquit 2") end, 60000)
vim.cmd("edit " .. file)
vim.bo.filetype = "python"
local buf = vim.api.nvim_get_current_buf()
local id = vim.lsp.start_client({
  name = "loadlint",
  cmd = { vim.env.LOADLINT, "server" },
  root_dir = root,
  workspace_folders = { { uri = vim.uri_from_fname(root), name = "root" } },
})
assert(id, "the client did not start")
vim.lsp.buf_attach_client(buf, id)

local function state(name, of)
  local list = {}
  of = of or buf
  for _, d in ipairs(vim.diagnostic.get(of)) do
    local lsp = d.user_data and d.user_data.lsp or {}
    table.insert(list, { code = d.code or lsp.code, line = d.lnum, col = d.col, severity = d.severity, source = d.source })
  end
  table.sort(list, function(a, b) return a.line < b.line end)
  local client = vim.lsp.get_client_by_id(id)
  local text = vim.api.nvim_buf_get_lines(of, 0, -1, false)
  io.stdout:write("STATE " .. vim.json.encode({ name = name, encoding = client.offset_encoding, diagnostics = list, text = text }) .. "\n")
end

local function wait(count, of)
  of = of or buf
  local function there() return #vim.diagnostic.get(of) == count end
  if not vim.wait(20000, there, 20) then
    io.stdout:write("TIMEOUT waiting for " .. count .. " diagnostics\n")
    state("timeout")
    vim.cmd("cquit 1")
  end
end

wait(2)
state("opened")

vim.api.nvim_buf_set_lines(buf, -1, -1, false, { "n = torch.load(other, weights_only=False)" })
wait(3)
state("typed")

-- Takes the preferred action on a line, or the one whose title begins with `title`.
local function fix(line, title)
  local diagnostics = vim.lsp.diagnostic.get_line_diagnostics(buf, line)
  local found = vim.lsp.buf_request_sync(buf, "textDocument/codeAction", {
    textDocument = { uri = vim.uri_from_bufnr(buf) },
    range = diagnostics[1].range,
    context = { diagnostics = diagnostics },
  }, 10000)
  for _, answer in pairs(found or {}) do
    for _, action in ipairs(answer.result or {}) do
      local wanted = title and action.title:sub(1, #title) == title
      if wanted or (not title and action.isPreferred) then
        local client = vim.lsp.get_client_by_id(id)
        if not action.edit then
          -- As `vim.lsp.buf.code_action` does with what the user has chosen.
          action = client.request_sync("codeAction/resolve", action, 10000, buf).result
        end
        vim.lsp.util.apply_workspace_edit(action.edit, client.offset_encoding)
        return
      end
    end
  end
  io.stdout:write("NO ACTION on line " .. line .. "\n")
  vim.cmd("cquit 1")
end

fix(4)
wait(2)
fix(3)
wait(1)
state("fixed")

fix(2, "Suppress under a new threat")
-- The edit has made a buffer for the register; as with the set-up of the documentation, the server hears of it.
local register = vim.fn.bufadd(root .. "/THREATS.md")
vim.fn.bufload(register)
vim.bo[register].filetype = "markdown"
vim.lsp.buf_attach_client(register, id)
wait(0)
wait(1, register)
state("suppressed")
state("register", register)
local lines = vim.api.nvim_buf_get_lines(register, 0, -1, false)
for number, text in ipairs(lines) do
  if text == "- Owner:" then vim.api.nvim_buf_set_lines(register, number - 1, number, false, { "- Owner: @ml" }) end
end
wait(0, register)
state("owned", register)

vim.lsp.stop_client(id)
vim.wait(2000, function() return vim.lsp.client_is_stopped(id) end, 20)
vim.cmd("qa!")
