export { Missing as default } from "~/app/broken";
