/** The app in a shell of its own, for the stores: the same build as a browser's, on the device. */
import type { CapacitorConfig } from "@capacitor/cli";

const config: CapacitorConfig = {
  appId: "app.jobbing.client",
  appName: "Jobbing",
  webDir: "dist",
  // Pages are https://localhost (Android) and capacitor://localhost (iOS): the server names both
  // in CLIENT_ORIGINS.
  server: { androidScheme: "https" },
  plugins: {
    // Shown by the app itself while it is looked at.
    FirebaseMessaging: { presentationOptions: [] },
  },
};

export default config;
