/** What a phone shows of the app on its home screen. */
import type { ManifestOptions } from "vite-plugin-pwa";

const manifest: Partial<ManifestOptions> = {
  id: "/",
  name: "Jobbing",
  short_name: "Jobbing",
  description: "Un petit travail à faire, quelqu’un du quartier pour le faire.",
  lang: "fr",
  start_url: "/",
  scope: "/",
  display: "standalone",
  orientation: "any",
  background_color: "#fbf8f2",
  theme_color: "#fbf8f2",
  categories: ["lifestyle", "utilities", "business"],
  icons: [
    { src: "/icons/icon-192.png", sizes: "192x192", type: "image/png", purpose: "any" },
    { src: "/icons/icon-512.png", sizes: "512x512", type: "image/png", purpose: "any" },
    {
      src: "/icons/icon-maskable-512.png",
      sizes: "512x512",
      type: "image/png",
      purpose: "maskable",
    },
    { src: "/icons/icon.svg", sizes: "any", type: "image/svg+xml", purpose: "any" },
  ],
  shortcuts: [
    {
      name: "Demander un travail",
      url: "/post",
      icons: [{ src: "/icons/icon-192.png", sizes: "192x192" }],
    },
    {
      name: "Mes travaux",
      url: "/jobs",
      icons: [{ src: "/icons/icon-192.png", sizes: "192x192" }],
    },
  ],
};

export default manifest;
