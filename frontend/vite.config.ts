import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

import { mockApi } from "./dev/mock-api.ts";

/** Host names that the development server answers to; IP addresses and localhost always work. */
function allowedHosts(list: string | undefined): true | string[] {
  if (list === "*") return true;
  const extra = (list ?? "").split(",").map((host) => host.trim());
  return ["localhost", "frontend", "proxy", ".local", ".test", ...extra.filter(Boolean)];
}

export default defineConfig(({ mode }) => ({
  plugins: [react(), ...(mode === "mock" ? [mockApi()] : [])],
  server: {
    host: "0.0.0.0",
    port: 5173,
    strictPort: true,
    allowedHosts: allowedHosts(process.env["FRONTEND_ALLOWED_HOSTS"]),
    // No hmr.port here: the client then takes the port that the browser used, so that
    // hot reload works on 5173 and through the reverse proxy alike.
    // The host name travels unchanged, so the backend sees what the browser asked for.
    proxy:
      mode === "mock"
        ? {}
        : { "/api": { target: process.env["BACKEND_URL"] ?? "http://backend:8000" } },
  },
  css: { transformer: "lightningcss" },
  build: {
    target: "es2022",
    // The first browsers with light-dark(), which the design tokens use.
    cssTarget: ["chrome123", "firefox121", "safari17.5"],
    sourcemap: false,
    assetsInlineLimit: 0,
    reportCompressedSize: false,
  },
}));
