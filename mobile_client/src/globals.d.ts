/** The version of the app and when it was built; what is kept by another build is not read. */
declare const __BUILD__: string;
